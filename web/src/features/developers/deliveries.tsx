import { Badge, Button, Group, Modal, Select, Stack, Table, Text, Title } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Answer, api, ask } from '~/api/client';
import { Fault, say } from '~/ui/complain';
import { moment } from '~/ui/format';
import { Json } from '~/ui/json';
import { ScrollBox } from '~/ui/scroll-box';
import { DELIVERIES, type Delivery, type Endpoint } from './webhook-data';

const TONES: Record<Delivery['state'], string> = {
  pending: 'orange',
  delivered: 'green',
  failed: 'red',
  dropped: 'gray',
};
const STATES = Object.keys(TONES) as Delivery['state'][];
/** A message that is sent to see whether it arrives. */
const TEST = 'kontor.webhook.test';
/** How often the log is looked at anew while messages wait, in milliseconds. */
const LOOK_MS = 3_000;

/** Messages to endpoints, the newest events first. */
export function Deliveries({ endpoints }: { endpoints: Endpoint[] }) {
  const { t } = useTranslation();
  const [endpoint, setEndpoint] = useState<string | null>(null);
  const [state, setState] = useState<string | null>(null);
  const [shown, setShown] = useState<string | null>(null);
  const list = useInfiniteQuery({
    queryKey: [...DELIVERIES, endpoint, state],
    queryFn: ({ pageParam }) => {
      const params = new URLSearchParams({ limit: '30' });
      if (endpoint) params.set('webhook_endpoint_id', endpoint);
      if (state) params.set('state', state);
      if (pageParam) params.set('cursor', pageParam);
      return api<Delivery[]>('GET', `/v1/webhook_deliveries?${params}`);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last: Answer<Delivery[]>) => (last.page?.has_more ? (last.page.next_cursor ?? null) : null),
    refetchInterval: (query) =>
      query.state.data?.pages[0]?.data.some((one) => one.state === 'pending') ? LOOK_MS : false,
  });
  const lines = list.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Stack>
      <Group align="end" gap="sm">
        <Select
          label={t('webhook.endpoint')}
          clearable
          data={endpoints.map((one) => ({ value: one.id, label: one.url }))}
          value={endpoint}
          onChange={setEndpoint}
          w={260}
        />
        <Select
          label={t('webhook.state')}
          clearable
          data={STATES.map((value) => ({ value, label: t(`webhook.states.${value}`) }))}
          value={state}
          onChange={setState}
          w={160}
        />
        <Button variant="default" onClick={() => void list.refetch()} loading={list.isRefetching}>
          {t('list.reload')}
        </Button>
      </Group>
      {list.error && <Fault error={list.error} />}
      <ScrollBox minWidth={760}>
        <Table verticalSpacing={4} highlightOnHover aria-label={t('webhook.deliveries')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('history.when')}</Table.Th>
              <Table.Th>{t('event.type')}</Table.Th>
              <Table.Th>{t('event.subject')}</Table.Th>
              <Table.Th>{t('webhook.state')}</Table.Th>
              <Table.Th>{t('webhook.answer')}</Table.Th>
              <Table.Th ta="end">{t('webhook.attempts')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {lines.map((one) => (
              <Table.Tr key={one.id}>
                <Table.Td style={{ whiteSpace: 'nowrap' }}>{moment(one.created_at)}</Table.Td>
                <Table.Td>
                  <button type="button" className="link code" onClick={() => setShown(one.id)}>
                    {one.event_type}
                  </button>
                </Table.Td>
                <Table.Td ff="monospace" fz="xs">
                  {one.subject}
                </Table.Td>
                <Table.Td>
                  <Badge variant="light" color={TONES[one.state]}>
                    {t(`webhook.states.${one.state}`)}
                  </Badge>
                </Table.Td>
                <Table.Td fz="xs">{one.response_status ?? one.error ?? ''}</Table.Td>
                <Table.Td ta="end">{one.attempts}</Table.Td>
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
      {shown && <DeliveryDialog id={shown} onClose={() => setShown(null)} />}
    </Stack>
  );
}

/** What one message asked, and what came back at each attempt. */
function DeliveryDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const one = useQuery({
    queryKey: [...DELIVERIES, 'one', id],
    queryFn: () => ask<Delivery>('GET', `/v1/webhook_deliveries/${id}`),
    refetchInterval: (query) => (query.state.data?.state === 'pending' ? LOOK_MS : false),
  });
  const again = useMutation({
    mutationFn: () => ask('POST', `/v1/webhook_deliveries/${id}/redeliver`, {}),
    onSuccess: () => {
      say(t('webhook.sent_again'));
      void client.invalidateQueries({ queryKey: DELIVERIES });
    },
  });
  return (
    <Modal opened onClose={onClose} size="xl" title={one.data?.event_type ?? t('loading')}>
      {one.error && <Fault error={one.error} />}
      {one.data && (
        <Stack>
          <Group justify="space-between">
            <Group gap="xs">
              <Badge variant="light" color={TONES[one.data.state]}>
                {t(`webhook.states.${one.data.state}`)}
              </Badge>
              <Text size="xs" ff="monospace">
                {one.data.id}
              </Text>
            </Group>
            <Button size="xs" variant="default" loading={again.isPending} onClick={() => again.mutate()}>
              {t('webhook.again')}
            </Button>
          </Group>
          {one.data.next_attempt_at && (
            <Text size="sm">{t('webhook.next', { at: moment(one.data.next_attempt_at) })}</Text>
          )}
          <Title order={3} size="h6">
            {t('webhook.request')}
          </Title>
          {one.data.request ? (
            <Json value={one.data.request} label={t('webhook.request')} />
          ) : (
            <Text size="sm" c="dimmed">
              {one.data.event_type === TEST ? t('webhook.test_request') : t('webhook.no_request')}
            </Text>
          )}
          {one.data.attempt_log?.map((attempt, at, all) => (
            <Stack
              key={attempt.id}
              gap={4}
              component="section"
              aria-label={t('webhook.attempt', { at: all.length - at })}
            >
              <Title order={3} size="h6">
                {t('webhook.attempt', { at: all.length - at })} · {moment(attempt.at)} · {attempt.duration_ms} ms
              </Title>
              <Text size="xs" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
                POST {attempt.url}
              </Text>
              {attempt.error && (
                <Text size="sm" c="var(--mantine-color-error)">
                  {attempt.error}
                </Text>
              )}
              {attempt.response && <Json value={attempt.response} label={t('webhook.answer')} />}
            </Stack>
          ))}
        </Stack>
      )}
    </Modal>
  );
}
