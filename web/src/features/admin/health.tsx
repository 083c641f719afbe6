import { Anchor, Badge, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ask } from '~/api/client';
import type { Job } from '~/api/jobs';
import { toneOf } from '~/fields/show';
import { moment, number } from '~/ui/format';
import { useNames } from '~/ui/names';
import { ScrollBox } from '~/ui/scroll-box';

interface Ready {
  status: string;
  checks: Record<string, { status: string; latency_us?: number; detail?: string }>;
}

/** Whether the installation works, what it depends on, and which long works it has done. */
export default function Health() {
  const { t } = useTranslation();
  const names = useNames();
  const ready = useQuery({
    queryKey: ['ready'],
    // Its answer is read whatever it says: not ready is an answer, too.
    queryFn: async () => (await (await fetch('/readyz', { headers: { accept: 'application/json' } })).json()) as Ready,
    refetchInterval: 5_000,
  });
  const jobs = useQuery({
    queryKey: ['job', 'list'],
    queryFn: () => ask<Job[]>('GET', '/v1/jobs?limit=20'),
    refetchInterval: 5_000,
  });
  return (
    <Stack maw={820}>
      <Table>
        <Table.Tbody>
          {Object.entries(ready.data?.checks ?? {}).map(([name, check]) => (
            <Table.Tr key={name}>
              <Table.Td>{names.value(name)}</Table.Td>
              <Table.Td>
                <Badge variant="light" color={check.status === 'ok' ? 'green' : 'red'}>
                  {check.status}
                </Badge>
              </Table.Td>
              <Table.Td ta="end" className="numbers">
                {check.latency_us !== undefined && `${number((check.latency_us / 1000).toFixed(2))} ms`} {check.detail}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="sm">
        <Anchor href="/metrics" target="_blank" size="sm">
          {t('admin.metrics')}
        </Anchor>
      </Text>
      <ScrollBox minWidth={520}>
        <Table verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('admin.job')}</Table.Th>
              <Table.Th>{t('admin.state')}</Table.Th>
              <Table.Th ta="end">{t('bulk.progress')}</Table.Th>
              <Table.Th>{t('history.when')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {jobs.data?.map((job) => (
              <Table.Tr key={job.id}>
                <Table.Td>{names.value(job.kind)}</Table.Td>
                <Table.Td>
                  <Badge variant="light" color={toneOf(job.state)}>
                    {names.value(job.state)}
                  </Badge>
                </Table.Td>
                <Table.Td ta="end" className="numbers">
                  {number(job.progress?.done ?? 0)}
                </Table.Td>
                <Table.Td>{job.created_at && moment(job.created_at)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollBox>
    </Stack>
  );
}
