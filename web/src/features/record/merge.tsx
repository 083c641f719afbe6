import { Alert, Button, Group, Modal, Radio, Table, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fields, type ObjectDef } from '~/api/catalog';
import { ask } from '~/api/client';
import { type Row, same, titleOf, valueAt } from '~/api/record';
import { useRefresh } from '~/api/records';
import { Value } from '~/fields/show';
import { complain, Fault, say } from '~/ui/complain';
import { useNames } from '~/ui/names';
import { ScrollBox } from '~/ui/scroll-box';

interface Merged {
  merge: { id: string };
}

const isEmpty = (value: unknown) => value === null || value === undefined || value === '';

/** Two records side by side: of each field the value that stays. */
export default function Merge({
  def,
  row,
  with_,
  onClose,
  onDone,
}: {
  def: ObjectDef;
  row: Row;
  with_: Row;
  onClose: () => void;
  onDone?: () => void;
}) {
  const { t } = useTranslation();
  const names = useNames();
  const again = useRefresh(def);
  const [choice, setChoice] = useState<Record<string, 'own' | 'with'>>({});
  const differing = fields(def).filter(
    (field) => !field.read_only && !same(valueAt(row, field.path), valueAt(with_, field.path)),
  );
  const sideOf = (path: string) => choice[path] ?? (isEmpty(valueAt(row, path)) ? 'with' : 'own');
  const merge = useMutation({
    meta: { handled: true },
    mutationFn: () => ask<Merged>('POST', `/v1/${def.plural}/${row.id}/merge`, { with_id: with_.id, fields: choice }),
    onSuccess: (answer) => {
      again(row.id);
      onDone?.();
      onClose();
      const undo = () =>
        void ask('POST', `/v1/${def.plural}/${row.id}/unmerge`, { merge_id: answer.merge.id }).then(
          () => again(row.id),
          complain,
        );
      say(t('merge.done'), { label: t('bulk.undo'), run: undo });
    },
  });
  return (
    <Modal opened onClose={onClose} size="xl" title={t('merge.title')}>
      <Text size="sm" mb="sm">
        {t('merge.why', { name: titleOf(def, row) })}
      </Text>
      <ScrollBox minWidth={520}>
        <Table withTableBorder verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('bulk.field')}</Table.Th>
              <Table.Th>{t('merge.own')}</Table.Th>
              <Table.Th>{t('merge.with')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {differing.map((field) => (
              <Table.Tr key={field.path}>
                <Table.Td>{names.field(field)}</Table.Td>
                {(['own', 'with'] as const).map((side) => {
                  const from = side === 'own' ? row : with_;
                  return (
                    <Table.Td key={side}>
                      <Radio
                        name={field.path}
                        checked={sideOf(field.path) === side}
                        disabled={isEmpty(valueAt(from, field.path))}
                        aria-label={`${names.field(field)}: ${side === 'own' ? t('merge.own') : t('merge.with')}`}
                        onChange={() => setChoice((before) => ({ ...before, [field.path]: side }))}
                        label={<Value field={field} row={from} plain />}
                      />
                    </Table.Td>
                  );
                })}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollBox>
      {merge.error && (
        <Alert color="red" mt="sm" role="alert">
          <Fault error={merge.error} />
        </Alert>
      )}
      <Group justify="end" mt="md">
        <Button variant="default" onClick={onClose}>
          {t('cancel')}
        </Button>
        <Button loading={merge.isPending} onClick={() => merge.mutate()}>
          {t('merge.do')}
        </Button>
      </Group>
    </Modal>
  );
}
