import { Badge, Button, Group, Stack, Table, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ObjectDef } from '~/api/catalog';
import { ask } from '~/api/client';
import type { Row } from '~/api/record';
import { RecordLink, toneOf } from '~/fields/show';
import { Fault } from '~/ui/complain';
import { moment } from '~/ui/format';
import { Json } from '~/ui/json';
import { useNames } from '~/ui/names';
import { ScrollBox } from '~/ui/scroll-box';
import { StepLog } from './trial';

interface Run extends Row {
  status: string;
  created_at: string;
  finished_at: string | null;
  event_type: string | null;
  related_to_object: string | null;
  related_to_id: string | null;
  error: string | null;
  input: unknown;
}

interface DoneStep extends Row {
  place: string;
  kind: string;
  name: string | null;
  status: string | null;
  attempts: number | null;
  error: string | undefined;
  input: unknown;
  output: unknown;
}

/** What a workflow has done; each run opens to its steps. */
export default function WorkflowRuns({ row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const names = useNames();
  const [open, setOpen] = useState<string | null>(null);
  const runs = useQuery({
    queryKey: ['list', 'workflow_run', row.id],
    queryFn: () => ask<Run[]>('GET', `/v1/workflow_runs?filter[workflow_id]=${row.id}&sort=-id&limit=50`),
  });
  return (
    <Stack>
      {runs.error && <Fault error={runs.error} />}
      <ScrollBox minWidth={560}>
        <Table verticalSpacing={6} highlightOnHover aria-label={t('record.runs')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('history.when')}</Table.Th>
              <Table.Th>{t('webhook.state')}</Table.Th>
              <Table.Th>{t('flow.about')}</Table.Th>
              <Table.Th>{t('flow.fault')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {runs.data?.map((run) => (
              <Table.Tr key={run.id}>
                <Table.Td>
                  <button
                    type="button"
                    className="link"
                    aria-expanded={open === run.id}
                    onClick={() => setOpen(open === run.id ? null : run.id)}
                  >
                    {moment(run.created_at)}
                  </button>
                </Table.Td>
                <Table.Td>
                  <Badge variant="light" color={toneOf(run.status)}>
                    {names.value(run.status)}
                  </Badge>
                </Table.Td>
                <Table.Td>
                  {run.related_to_object && run.related_to_id && (
                    <RecordLink object={run.related_to_object} id={run.related_to_id} />
                  )}
                </Table.Td>
                <Table.Td fz="xs">{run.error}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollBox>
      {runs.data?.length === 0 && <Text c="dimmed">{t('flow.no_runs')}</Text>}
      {open && <RunSteps id={open} run={runs.data?.find((one) => one.id === open)} />}
    </Stack>
  );
}

/** The page of a run. */
export function RunRoom({ row }: { def: ObjectDef; row: Row }) {
  return <RunSteps id={row.id} run={row as Run} />;
}

const ACTIONS: Record<string, ('pause' | 'resume' | 'cancel')[]> = {
  pending: ['pause', 'cancel'],
  running: ['pause', 'cancel'],
  waiting: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  failed: ['resume'],
};

function RunSteps({ id, run }: { id: string; run: Run | undefined }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const steps = useQuery({
    queryKey: ['list', 'workflow_step', id],
    queryFn: () => ask<DoneStep[]>('GET', `/v1/workflow_steps?filter[workflow_run_id]=${id}&sort=id&limit=200`),
  });
  const act = useMutation({
    mutationFn: (action: string) => ask('POST', `/v1/workflow_runs/${id}/${action}`, {}),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['list'] }),
  });
  return (
    <Stack gap="xs">
      <Group>
        {(ACTIONS[run?.status ?? ''] ?? []).map((action) => (
          <Button key={action} size="xs" variant="default" loading={act.isPending} onClick={() => act.mutate(action)}>
            {t(`flow.acts.${action}`)}
          </Button>
        ))}
      </Group>
      {run?.input !== null && run?.input !== undefined && <Json value={run.input} label={t('flow.input')} />}
      {steps.error && <Fault error={steps.error} />}
      <StepLog steps={steps.data ?? []} />
    </Stack>
  );
}
