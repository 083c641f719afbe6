import { Alert, Badge, Button, Card, Code, Group, Stack, Table, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCatalog } from '~/api/catalog';
import { type Answer, api, ask, download } from '~/api/client';
import { RecordLink } from '~/fields/show';
import { complain, Fault } from '~/ui/complain';
import { moment, number } from '~/ui/format';
import { JsonDialog } from '~/ui/json';
import { ScrollBox } from '~/ui/scroll-box';

interface Entry {
  id: string;
  at: string;
  action: string;
  object: string;
  record_id: string | null;
  user_id: string | null;
  key_id: string | null;
  ip: string | null;
  credential: string | null;
  request_id: string | null;
  changes: unknown;
}

interface State {
  head: { sequence: number; hash: string } | null;
  unsealed: number;
  last_verification: { at: string; ok: boolean; entries?: number; seals?: number; fault?: string | null } | null;
}

/** Who did what, and whether nobody has changed what was written about it. */
export default function Audit() {
  const { t } = useTranslation();
  const catalog = useCatalog();
  const [filter, setFilter] = useState({ object: '', action: '', record_id: '' });
  const [asked] = useDebouncedValue(filter, 300);
  const [shown, setShown] = useState<Entry | null>(null);
  const list = useInfiniteQuery({
    queryKey: ['audit', asked],
    queryFn: ({ pageParam }) => {
      const params = new URLSearchParams({ limit: '50' });
      for (const [name, value] of Object.entries(asked)) if (value.trim()) params.set(name, value.trim());
      if (pageParam) params.set('cursor', pageParam);
      return api<Entry[]>('GET', `/v1/audit?${params}`);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last: Answer<Entry[]>) => (last.page?.has_more ? (last.page.next_cursor ?? null) : null),
  });
  const entries = list.data?.pages.flatMap((page) => page.data) ?? [];
  const field = (name: keyof typeof filter, label: string) => (
    <TextInput
      label={label}
      value={filter[name]}
      onChange={(event) => setFilter({ ...filter, [name]: event.currentTarget.value })}
      w={180}
    />
  );
  return (
    <Stack>
      <Chain />
      <Group align="end" gap="sm">
        {field('object', t('admin.object'))}
        {field('action', t('history.what'))}
        {field('record_id', t('admin.record_id'))}
        <Button
          variant="default"
          onClick={() => void download('/v1/audit/export', 'audit.ndjson', '*/*').catch(complain)}
        >
          {t('list.export')}
        </Button>
      </Group>
      {list.error && <Fault error={list.error} />}
      <ScrollBox minWidth={760}>
        <Table verticalSpacing={4} highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('history.when')}</Table.Th>
              <Table.Th>{t('history.who')}</Table.Th>
              <Table.Th>{t('history.what')}</Table.Th>
              <Table.Th>{t('admin.object')}</Table.Th>
              <Table.Th>IP</Table.Th>
              <Table.Th />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {entries.map((entry) => (
              <Table.Tr key={entry.id}>
                <Table.Td style={{ whiteSpace: 'nowrap' }}>{moment(entry.at)}</Table.Td>
                <Table.Td className="in-text">
                  {entry.user_id && <RecordLink object="user" id={entry.user_id} />}{' '}
                  <Text span size="xs" c="dimmed">
                    {entry.credential}
                  </Text>
                </Table.Td>
                <Table.Td>{entry.action}</Table.Td>
                <Table.Td className="in-text">
                  {entry.record_id && catalog.find(entry.object) ? (
                    <RecordLink object={entry.object} id={entry.record_id} />
                  ) : null}{' '}
                  <Text span size="xs" c="dimmed">
                    {entry.object}
                  </Text>
                </Table.Td>
                <Table.Td fz="xs">{entry.ip}</Table.Td>
                <Table.Td>
                  <Button size="compact-xs" variant="subtle" onClick={() => setShown(entry)}>
                    {t('admin.details')}
                  </Button>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollBox>
      {list.hasNextPage && (
        <Button variant="default" size="xs" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('record.earlier')}
        </Button>
      )}
      <JsonDialog title={shown ? `${shown.action} ${shown.object}` : ''} value={shown} onClose={() => setShown(null)} />
    </Stack>
  );
}

/** The state of the chain of seals: what was verified when. */
function Chain() {
  const { t } = useTranslation();
  const state = useQuery({
    queryKey: ['audit-chain'],
    queryFn: () => ask<State>('GET', '/v1/audit/verify'),
    staleTime: 0,
  });
  const last = state.data?.last_verification;
  if (state.error) return <Fault error={state.error} />;
  if (!state.data) return null;
  return (
    <Card withBorder>
      <Group justify="space-between">
        <Group gap="sm">
          <Badge color={last ? (last.ok ? 'green' : 'red') : 'gray'} variant="light">
            {last ? (last.ok ? t('admin.chain_ok') : t('admin.chain_broken')) : t('admin.chain_never')}
          </Badge>
          <Text size="sm">
            {last &&
              t('admin.chain', {
                at: moment(last.at),
                entries: number(last.entries ?? 0),
                seals: number(last.seals ?? 0),
              })}{' '}
            {t('admin.unsealed', { count: state.data.unsealed })}
          </Text>
        </Group>
        <Button size="xs" variant="default" loading={state.isFetching} onClick={() => void state.refetch()}>
          {t('list.reload')}
        </Button>
      </Group>
      {last?.fault && (
        <Alert mt="sm" color="red">
          {last.fault}
        </Alert>
      )}
      <Text size="xs" c="dimmed" mt={4}>
        {t('admin.chain_why')} <Code>kontor audit verify</Code>
      </Text>
    </Card>
  );
}
