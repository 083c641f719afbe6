import { Badge, Button, Group, Select, Stack, Table, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Answer, api } from '~/api/client';
import { Fault } from '~/ui/complain';
import { moment } from '~/ui/format';
import { JsonDialog } from '~/ui/json';
import { ScrollBox } from '~/ui/scroll-box';

interface Line {
  id: string;
  at: string;
  method: string;
  route: string;
  status: number;
  duration_ms: number;
  db_ms: number;
  error_code: number | null;
  error_type: string | null;
  request_id: string;
  credential?: string;
  version: string | null;
  request_body?: string | null;
  response_body?: string | null;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Finished requests of the last days; one's own, for an administrator everyone's. */
export function RequestLog() {
  const { t } = useTranslation();
  const [method, setMethod] = useState<string | null>(null);
  const [status, setStatus] = useState('');
  const [id, setId] = useState('');
  const [shown, setShown] = useState<Line | null>(null);
  const [asked] = useDebouncedValue({ status, id }, 300);
  const list = useInfiniteQuery({
    queryKey: ['request-logs', method, asked],
    queryFn: ({ pageParam }) => {
      const params = new URLSearchParams({ limit: '50' });
      if (method) params.set('method', method);
      if (/^\d{3}$/.test(asked.status)) params.set('status', asked.status);
      if (asked.id.trim()) params.set('request_id', asked.id.trim());
      if (pageParam) params.set('cursor', pageParam);
      return api<Line[]>('GET', `/v1/request_logs?${params}`);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last: Answer<Line[]>) => (last.page?.has_more ? (last.page.next_cursor ?? null) : null),
  });
  const lines = list.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Stack>
      <Group gap="sm" align="end">
        <Select label={t('dev.method')} clearable data={METHODS} value={method} onChange={setMethod} w={120} />
        <TextInput
          label={t('dev.status')}
          value={status}
          onChange={(event) => setStatus(event.currentTarget.value)}
          w={110}
          inputMode="numeric"
        />
        <TextInput
          label={t('error.request')}
          value={id}
          onChange={(event) => setId(event.currentTarget.value)}
          w={260}
        />
        <Button variant="default" onClick={() => void list.refetch()} loading={list.isRefetching}>
          {t('list.reload')}
        </Button>
      </Group>
      {list.error && <Fault error={list.error} />}
      <ScrollBox minWidth={760}>
        <Table verticalSpacing={4} highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('history.when')}</Table.Th>
              <Table.Th>{t('dev.method')}</Table.Th>
              <Table.Th>{t('dev.route')}</Table.Th>
              <Table.Th>{t('dev.status')}</Table.Th>
              <Table.Th ta="end">ms</Table.Th>
              <Table.Th>{t('error.request')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {lines.map((line) => (
              <Table.Tr key={line.id}>
                <Table.Td style={{ whiteSpace: 'nowrap' }}>{moment(line.at)}</Table.Td>
                <Table.Td>{line.method}</Table.Td>
                <Table.Td ff="monospace" fz="xs">
                  {line.route}
                </Table.Td>
                <Table.Td>
                  <Badge variant="light" color={line.status < 400 ? 'green' : line.status < 500 ? 'orange' : 'red'}>
                    {line.status}
                  </Badge>{' '}
                  {line.error_code ? (
                    <a href={`/docs/errors#${line.error_code}`} target="_blank" rel="noreferrer">
                      {line.error_code}
                    </a>
                  ) : null}
                </Table.Td>
                <Table.Td ta="end" className="numbers">
                  {line.duration_ms.toFixed(1)}
                </Table.Td>
                <Table.Td>
                  <button
                    type="button"
                    className="link"
                    onClick={() => setShown(line)}
                    style={{ fontFamily: 'monospace', fontSize: 12 }}
                  >
                    {line.request_id}
                  </button>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollBox>
      {lines.length === 0 && !list.isLoading && <Text c="dimmed">{t('list.none')}</Text>}
      {list.hasNextPage && (
        <Button variant="default" size="xs" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('record.earlier')}
        </Button>
      )}
      <JsonDialog
        title={shown ? `${shown.method} ${shown.route}` : ''}
        value={shown}
        note={t('dev.bodies')}
        onClose={() => setShown(null)}
      />
    </Stack>
  );
}
