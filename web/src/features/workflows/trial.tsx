import { Alert, Badge, Button, Group, Select, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ObjectDef } from '~/api/catalog';
import { ask } from '~/api/client';
import type { LiveEvent } from '~/api/live';
import type { Row } from '~/api/record';
import { Fault } from '~/ui/complain';
import { moment } from '~/ui/format';
import { Json } from '~/ui/json';
import { ScrollBox } from '~/ui/scroll-box';

interface Trial {
  starts: boolean;
  reason?: string;
  steps: TrialStep[];
}

interface TrialStep {
  place: string;
  kind: string;
  name: string | null;
  input?: unknown;
  output?: unknown;
  error?: string;
}

const DAYS = 30;

/** What a workflow would do for an event of the past. Nothing is done and nobody is called. */
export default function WorkflowTrial({ row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const type = typeof row.event_type === 'string' ? row.event_type : '';
  const [since] = useState(() => new Date(Date.now() - DAYS * 86_400_000).toISOString());
  const [chosen, setChosen] = useState<string | null>(null);
  const events = useQuery({
    queryKey: ['events', 'for', type],
    queryFn: () => {
      const params = new URLSearchParams({ since, limit: '200' });
      if (type) params.set('type', type);
      return ask<LiveEvent[]>('GET', `/v1/events?${params}`);
    },
    retry: false,
  });
  const trial = useQuery({
    queryKey: ['record', 'workflow', row.id, 'trial', chosen, row.version],
    queryFn: () => ask<Trial>('GET', `/v1/workflows/${row.id}/dry_run?event=${chosen}`),
    enabled: chosen !== null,
    retry: false,
  });
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t('flow.trial_why')}
      </Text>
      <Group align="end">
        <Select
          label={t('flow.event')}
          searchable
          w={420}
          maw="100%"
          data={(events.data ?? [])
            .map((event) => ({
              value: event.sequence,
              label: `${event.sequence} · ${event.type} · ${event.subject} · ${moment(event.time)}`,
            }))
            .reverse()}
          value={chosen}
          onChange={setChosen}
          nothingFoundMessage={t('list.none')}
          error={events.error ? t('error.title') : undefined}
        />
        <Button variant="default" onClick={() => void events.refetch()} loading={events.isFetching}>
          {t('list.reload')}
        </Button>
      </Group>
      {trial.error && <Fault error={trial.error} />}
      {trial.data && (
        <>
          <Alert
            color={trial.data.starts ? 'green' : 'gray'}
            title={trial.data.starts ? t('flow.starts') : t('flow.starts_not')}
          >
            {trial.data.reason}
          </Alert>
          <StepLog steps={trial.data.steps} />
        </>
      )}
    </Stack>
  );
}

/** Steps with what they were asked and what they gave. */
export function StepLog({ steps }: { steps: (TrialStep & { status?: string | null; attempts?: number | null })[] }) {
  const { t } = useTranslation();
  return (
    <ScrollBox minWidth={620}>
      <Table verticalSpacing="xs" aria-label={t('flow.steps')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('flow.place')}</Table.Th>
            <Table.Th>{t('flow.kind')}</Table.Th>
            <Table.Th>{t('flow.input')}</Table.Th>
            <Table.Th>{t('flow.output')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {steps.map((step) => (
            <Table.Tr key={`${step.place} ${step.kind}`}>
              <Table.Td ff="monospace" fz="xs" style={{ verticalAlign: 'top' }}>
                {step.place}
              </Table.Td>
              <Table.Td style={{ verticalAlign: 'top' }}>
                <Badge
                  variant="light"
                  radius="sm"
                  color={step.error ? 'red' : step.status === 'failed' ? 'red' : 'blue'}
                >
                  {t(`flow.kinds.${step.kind}`, { defaultValue: step.kind })}
                </Badge>
                {step.name && <Text size="xs">{step.name}</Text>}
                {step.attempts && step.attempts > 1 ? (
                  <Text size="xs">{t('flow.tried', { count: step.attempts })}</Text>
                ) : null}
              </Table.Td>
              <Table.Td>
                {step.input === undefined || step.input === null ? null : <Json value={step.input} />}
              </Table.Td>
              <Table.Td>
                {step.error && (
                  <Text size="xs" c="var(--mantine-color-error)">
                    {step.error}
                  </Text>
                )}
                {step.output === undefined || step.output === null ? null : <Json value={step.output} />}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollBox>
  );
}
