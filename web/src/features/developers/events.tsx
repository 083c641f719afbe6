import { Alert, Badge, Button, Group, Modal, Stack, Switch, Table, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Answer, api } from '~/api/client';
import { follow, type LiveEvent } from '~/api/live';
import { manages, useMe } from '~/api/me';
import { fromLocal } from '~/fields/moment';
import { Fault } from '~/ui/complain';
import { moment } from '~/ui/format';
import { Json } from '~/ui/json';
import { ScrollBox } from '~/ui/scroll-box';
import { DeadEvents } from './dead';

/** Events that a live log keeps on the page. */
const KEPT = 500;

/** The event log: the newest first, from a number on in its order, or as it happens. */
export function EventLog() {
  const { t } = useTranslation();
  const me = useMe();
  const [type, setType] = useState('');
  const [subject, setSubject] = useState('');
  const [since, setSince] = useState('');
  const [after, setAfter] = useState('');
  const [isLive, setLive] = useState(false);
  const [shown, setShown] = useState<LiveEvent | null>(null);
  const [asked] = useDebouncedValue({ type: type.trim(), subject: subject.trim(), since, after: after.trim() }, 350);
  return (
    <Stack>
      <Group align="end" gap="sm">
        <TextInput
          label={t('event.type')}
          placeholder="kontor.deal.*"
          value={type}
          onChange={(event) => setType(event.currentTarget.value)}
          w={190}
        />
        <TextInput
          label={t('event.subject')}
          placeholder="deals/104512398120374272"
          value={subject}
          onChange={(event) => setSubject(event.currentTarget.value)}
          w={230}
        />
        <TextInput
          label={t('event.since')}
          type="datetime-local"
          value={since}
          disabled={isLive || after !== ''}
          onChange={(event) => setSince(event.currentTarget.value)}
        />
        <TextInput
          label={t('event.after')}
          inputMode="numeric"
          value={after}
          disabled={isLive}
          onChange={(event) => setAfter(event.currentTarget.value)}
          w={130}
        />
        <Switch
          label={t('event.live')}
          checked={isLive}
          onChange={(event) => setLive(event.currentTarget.checked)}
          mb={8}
        />
      </Group>
      {manages(me) && <DeadEvents />}
      {isLive ? (
        <Tail key={`${asked.type} ${asked.subject}`} type={asked.type} subject={asked.subject} onShow={setShown} />
      ) : (
        <Log {...asked} onShow={setShown} />
      )}
      <Modal opened={shown !== null} onClose={() => setShown(null)} size="xl" title={shown?.type ?? ''}>
        {shown && (
          <Stack>
            <Group justify="end">
              <Button
                size="xs"
                variant="default"
                onClick={() => {
                  setSince('');
                  setLive(false);
                  setAfter(String(Math.max(0, Number(shown.sequence) - 1)));
                  setShown(null);
                }}
              >
                {t('event.from_here')}
              </Button>
            </Group>
            <Json value={shown} label={shown.type} />
          </Stack>
        )}
      </Modal>
    </Stack>
  );
}

interface Asked {
  type: string;
  subject: string;
  since: string;
  after: string;
}

/** What is asked of the log; none of it where it is not said. */
function paramsOf({ type, subject, since, after }: Asked): URLSearchParams {
  const params = new URLSearchParams();
  if (type) params.set('type', type);
  if (subject) params.set('subject', subject);
  if (/^\d+$/.test(after)) params.set('after', after);
  else if (since) params.set('since', fromLocal(since));
  return params;
}

function Log({ onShow, ...asked }: Asked & { onShow: (event: LiveEvent) => void }) {
  const { t } = useTranslation();
  // From a number on, events are read in their order; then it is the later ones that follow.
  const isNewestFirst = !/^\d+$/.test(asked.after);
  const list = useInfiniteQuery({
    queryKey: ['events', asked],
    queryFn: ({ pageParam }) => {
      const params = paramsOf(asked);
      params.set('limit', '50');
      if (isNewestFirst) params.set('sort', '-sequence');
      if (pageParam !== null) params.set('after', pageParam);
      return api<LiveEvent[]>('GET', `/v1/events?${params}`);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last: Answer<LiveEvent[]>) => (last.page?.has_more ? (last.page.next_cursor ?? null) : null),
    retry: false,
  });
  const events = list.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <>
      {list.error && (
        <Alert color="red" role="alert" title={t('error.title')}>
          <Fault error={list.error} />
        </Alert>
      )}
      <EventTable events={events} onShow={onShow} />
      {events.length === 0 && !list.isLoading && !list.error && <Text c="dimmed">{t('list.none')}</Text>}
      <Group>
        <Button
          variant="default"
          size="xs"
          loading={list.isFetching}
          onClick={() => void (list.hasNextPage ? list.fetchNextPage() : list.refetch())}
        >
          {list.hasNextPage ? t(isNewestFirst ? 'event.earlier' : 'event.later') : t('list.reload')}
        </Button>
      </Group>
    </>
  );
}

/** The stream, the newest above. */
function Tail({ type, subject, onShow }: { type: string; subject: string; onShow: (event: LiveEvent) => void }) {
  const { t } = useTranslation();
  const [events, setEvents] = useState<LiveEvent[]>([]);
  useEffect(
    () =>
      follow(
        (event) => setEvents((before) => [event, ...before].slice(0, KEPT)),
        paramsOf({ type, subject, since: '', after: '' }),
      ),
    [type, subject],
  );
  return (
    <>
      <Group gap="xs" role="status">
        <Badge color="green" variant="light">
          {t('event.listening')}
        </Badge>
        <Text size="sm" c="dimmed">
          {t('event.heard', { count: events.length })}
        </Text>
      </Group>
      <EventTable events={events} onShow={onShow} />
    </>
  );
}

function EventTable({ events, onShow }: { events: LiveEvent[]; onShow: (event: LiveEvent) => void }) {
  const { t } = useTranslation();
  return (
    <ScrollBox minWidth={640}>
      <Table verticalSpacing={4} highlightOnHover aria-label={t('dev.events')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th ta="end">{t('event.sequence')}</Table.Th>
            <Table.Th>{t('history.when')}</Table.Th>
            <Table.Th>{t('event.type')}</Table.Th>
            <Table.Th>{t('event.subject')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {events.map((event) => (
            <Table.Tr key={event.id}>
              <Table.Td ta="end" className="numbers">
                {event.sequence}
              </Table.Td>
              <Table.Td style={{ whiteSpace: 'nowrap' }}>{moment(event.time)}</Table.Td>
              <Table.Td>
                <button type="button" className="link code" onClick={() => onShow(event)}>
                  {event.type}
                </button>
              </Table.Td>
              <Table.Td ff="monospace" fz="xs">
                {event.subject}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollBox>
  );
}
