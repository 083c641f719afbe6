import { Badge, Button, Group, Modal, Stack, Table, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { field, may, type ObjectDef, useCatalog } from '~/api/catalog';
import { ask } from '~/api/client';
import { Problem } from '~/api/problem';
import type { Row } from '~/api/record';
import { left } from '~/features/ticket/sla';
import { FieldInput } from '~/fields/input';
import { Fault } from '~/ui/complain';
import { ConfirmButton } from '~/ui/confirm';
import { number } from '~/ui/format';
import { useNames } from '~/ui/names';
import { ScrollBox } from '~/ui/scroll-box';

interface Step extends Row {
  position: number;
  kind: string;
  delay_minutes: number;
  subject: string | null;
  condition: string | null;
  else_position: number | null;
}

interface Progress {
  by_status: { status: string; n: number }[];
  by_position: { position: number; n: number }[];
  by_reason: { status: string; stop_reason: string | null; n: number }[];
}

/** What each kind of step needs to know. */
const ASKED: Record<string, string[]> = {
  email: ['template_id'],
  sms: ['template_id'],
  task: ['subject', 'body'],
  call: ['subject', 'body'],
  wait: [],
  condition: ['condition', 'else_position'],
};
/** Between two steps, so that one can come between them later. */
const APART = 10;

/** The steps of a sequence, with how many stand at each. */
export default function SequenceRoom({ row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const names = useNames();
  const client = useQueryClient();
  const def = useCatalog().find('sequence_step');
  const [editing, setEditing] = useState<Partial<Step> | null>(null);
  const key = ['related', 'sequence_step', row.id];
  const steps = useQuery({
    queryKey: key,
    queryFn: () => ask<Step[]>('GET', `/v1/sequence_steps?filter[sequence_id]=${row.id}&sort=position&limit=200`),
  });
  const progress = useQuery({
    queryKey: ['record', 'sequence', row.id, 'progress'],
    queryFn: () => ask<Progress>('GET', `/v1/sequences/${row.id}/progress`),
  });
  const refresh = () => void client.invalidateQueries({ queryKey: key });
  const remove = useMutation({
    mutationFn: (id: string) => ask('DELETE', `/v1/sequence_steps/${id}`),
    onSuccess: refresh,
  });
  const at = (position: number) => progress.data?.by_position.find((one) => one.position === position)?.n ?? 0;
  const last = steps.data?.at(-1)?.position ?? 0;
  const canEdit = may(def, 'update');
  return (
    <Stack>
      <Group gap="xs">
        {progress.data?.by_status.map((one) => (
          <Badge key={one.status} variant="light">
            {names.value(one.status)}: {number(String(one.n))}
          </Badge>
        ))}
        {progress.data?.by_reason
          .filter((one) => one.stop_reason)
          .map((one) => (
            <Badge key={one.stop_reason} variant="outline" color="gray">
              {names.value(String(one.stop_reason))}: {number(String(one.n))}
            </Badge>
          ))}
      </Group>
      {steps.error && <Fault error={steps.error} />}
      <ScrollBox minWidth={560}>
        <Table verticalSpacing="xs" aria-label={t('sequence.steps')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('sequence.position')}</Table.Th>
              <Table.Th>{t('sequence.kind')}</Table.Th>
              <Table.Th>{t('sequence.after')}</Table.Th>
              <Table.Th ta="end">{t('sequence.here')}</Table.Th>
              <Table.Th>
                <span className="sr-only">{t('record.more')}</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {steps.data?.map((step) => (
              <Table.Tr key={step.id}>
                <Table.Td>{step.position}</Table.Td>
                <Table.Td>
                  {t(`sequence.kinds.${step.kind}`, { defaultValue: step.kind })}
                  <Text size="xs" c="dimmed">
                    {step.subject ?? step.condition ?? ''}
                  </Text>
                </Table.Td>
                <Table.Td>{step.delay_minutes > 0 ? left(step.delay_minutes * 60) : t('sequence.at_once')}</Table.Td>
                <Table.Td ta="end">{number(String(at(step.position)))}</Table.Td>
                <Table.Td>
                  {canEdit && (
                    <Group gap={2} justify="end" wrap="nowrap">
                      <Button size="compact-xs" variant="subtle" onClick={() => setEditing(step)}>
                        {t('edit')}
                      </Button>
                      <ConfirmButton
                        label={t('delete')}
                        question={t('sequence.delete_why', { at: step.position })}
                        onConfirm={() => remove.mutate(step.id)}
                      />
                    </Group>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollBox>
      {may(def, 'create') && (
        <Group>
          <Button
            size="xs"
            variant="light"
            leftSection={<Plus size={14} />}
            onClick={() => setEditing({ kind: 'email', position: last + APART, delay_minutes: 0 })}
          >
            {t('sequence.add')}
          </Button>
        </Group>
      )}
      {editing && def && (
        <StepDialog
          def={def}
          sequence={row.id}
          step={editing}
          onClose={() => setEditing(null)}
          onSaved={() => {
            setEditing(null);
            refresh();
          }}
        />
      )}
    </Stack>
  );
}

function StepDialog({
  def,
  sequence,
  step,
  onClose,
  onSaved,
}: {
  def: ObjectDef;
  sequence: string;
  step: Partial<Step>;
  onClose: () => void;
  onSaved: () => void;
}) {
  const { t } = useTranslation();
  const [values, setValues] = useState<Record<string, unknown>>(step);
  const asked = ['position', 'kind', 'delay_minutes', ...(ASKED[String(values.kind)] ?? [])];
  const save = useMutation({
    meta: { handled: true },
    mutationFn: () => {
      const body = Object.fromEntries(asked.map((path) => [path, values[path] ?? null]));
      return step.id
        ? ask('PATCH', `/v1/sequence_steps/${step.id}`, body, { 'if-match': `"${step.version}"` })
        : ask('POST', '/v1/sequence_steps', { ...body, sequence_id: sequence });
    },
    onSuccess: onSaved,
  });
  const faults = save.error instanceof Problem ? save.error.byField() : {};
  return (
    <Modal opened onClose={onClose} title={t('sequence.step')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack>
          {asked
            .flatMap((path) => field(def, path) ?? [])
            .map((one) => (
              <FieldInput
                key={one.path}
                field={one}
                value={values[one.path]}
                error={faults[one.path]}
                onChange={(value) => setValues((before) => ({ ...before, [one.path]: value }))}
              />
            ))}
          {save.error && !asked.some((path) => faults[path]) && <Fault error={save.error} />}
          <Group justify="end">
            <Button variant="default" onClick={onClose}>
              {t('cancel')}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {t('save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
