import { Button, Group, Modal, Radio, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { field as findField, type ObjectDef } from '~/api/catalog';
import { ask } from '~/api/client';
import { merged, patchOf, type Row, same, valueAt } from '~/api/record';
import { Value } from '~/fields/show';
import { useNames } from '~/ui/names';

interface Props {
  def: ObjectDef;
  /** The record as it was when the editing began. */
  base: Row;
  /** What was typed, by path. */
  mine: Record<string, unknown>;
  onCancel: () => void;
  /** The version that was compared with, and what of mine stays. */
  onSave: (version: number, chosen: Record<string, unknown>) => void;
  onFault: (error: unknown) => void;
}

/** Somebody else has changed the record meanwhile: both sides, field by field, and which one stays. */
export function Compare({ def, base, mine, onCancel, onSave, onFault }: Props) {
  const { t } = useTranslation();
  const names = useNames();
  const theirs = useQuery({
    queryKey: ['compare', def.name, base.id, base.version],
    queryFn: () => ask<Row>('GET', `/v1/${def.plural}/${base.id}`),
    staleTime: 0,
    gcTime: 0,
  });
  const [choice, setChoice] = useState<Record<string, 'mine' | 'theirs'>>({});
  useEffect(() => {
    if (theirs.error) onFault(theirs.error);
  }, [theirs.error, onFault]);
  const now = theirs.data;
  if (!now) return null;
  const paths = Object.keys(mine);
  const others = def.fields.filter(
    (one) => !paths.includes(one.path) && !one.read_only && !same(valueAt(base, one.path), valueAt(now, one.path)),
  );
  const keep = Object.fromEntries(paths.filter((path) => choice[path] !== 'theirs').map((path) => [path, mine[path]]));
  return (
    <Modal opened onClose={onCancel} size="lg" title={t('compare.title')}>
      <Text size="sm" mb="sm">
        {t('compare.why')}
      </Text>
      <Table withTableBorder>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('bulk.field')}</Table.Th>
            <Table.Th>{t('compare.mine')}</Table.Th>
            <Table.Th>{t('compare.theirs')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {paths.flatMap((path) => {
            const field = findField(def, path);
            if (!field) return [];
            const side = choice[path] ?? 'mine';
            const own = merged(now, patchOf(path, mine[path]));
            const pick = (to: 'mine' | 'theirs') => () => setChoice((before) => ({ ...before, [path]: to }));
            return [
              <Table.Tr key={path}>
                <Table.Td>{names.field(field)}</Table.Td>
                <Table.Td>
                  <Radio
                    checked={side === 'mine'}
                    onChange={pick('mine')}
                    label={<Value field={field} row={own} plain />}
                    aria-label={t('compare.mine')}
                  />
                </Table.Td>
                <Table.Td>
                  <Radio
                    checked={side === 'theirs'}
                    onChange={pick('theirs')}
                    label={<Value field={field} row={now} plain />}
                    aria-label={t('compare.theirs')}
                  />
                </Table.Td>
              </Table.Tr>,
            ];
          })}
          {others.map((field) => (
            <Table.Tr key={field.path}>
              <Table.Td>{names.field(field)}</Table.Td>
              <Table.Td c="dimmed">
                <Value field={field} row={base} plain />
              </Table.Td>
              <Table.Td>
                <Value field={field} row={now} plain />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Group justify="end" mt="md">
        <Button variant="default" onClick={onCancel}>
          {t('cancel')}
        </Button>
        <Button onClick={() => onSave(now.version ?? 0, keep)}>{t('compare.save')}</Button>
      </Group>
    </Modal>
  );
}
