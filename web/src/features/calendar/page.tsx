import { Badge, Checkbox, Group, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQueries, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may, useCatalog } from '~/api/catalog';
import { ask } from '~/api/client';
import { useMe } from '~/api/me';
import { type Row, titleOf } from '~/api/record';
import { refresh } from '~/features/list/bulk';
import { allOf } from '~/features/list/filter';
import { today, toLocal } from '~/fields/moment';
import { RecordLink, toneOf } from '~/fields/show';
import { complain } from '~/ui/complain';
import { moment } from '~/ui/format';
import { useNames } from '~/ui/names';
import { usePageTitle } from '~/ui/page-title';
import { type Entry, Month, monthName, put, Turn } from './grid';
import { isMonth, weeksOf } from './month';

const route = getRouteApi('/calendar');
const KINDS = ['task', 'call', 'meeting'];
const MOST = 500;

const timeOf = (row: Row) => String(row.start_at ?? row.due_at ?? '');

/** Tasks, calls and meetings: the month, and what is due in order. */
export function CalendarPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const catalog = useCatalog();
  const me = useMe();
  const { month: asked } = route.useSearch();
  const month = isMonth(asked) ? asked : today().slice(0, 7);
  const isNarrow = useMediaQuery('(max-width: 48em)') ?? false;
  const [isMine, setMine] = useState(true);
  const weeks = weeksOf(month);
  const [from, to] = [weeks[0]?.[0] ?? '', weeks.at(-1)?.at(-1) ?? ''];
  usePageTitle(t('nav.calendar'));
  const kinds = KINDS.flatMap((name) => catalog.find(name) ?? []).filter((def) => may(def, 'read'));
  const mine = {
    or: [
      { field: 'assignee_id', op: 'eq', value: me.user?.id },
      { field: 'owner_id', op: 'eq', value: me.user?.id },
    ],
  };
  const lists = useQueries({
    queries: kinds.map((def) => {
      const filter = allOf(
        { field: 'due_at', op: 'between', value: [`${from}T00:00:00Z`, `${to}T23:59:59Z`] },
        isMine && me.user ? mine : undefined,
      );
      return {
        queryKey: ['related', def.name, 'calendar', from, to, isMine],
        queryFn: () => ask<Row[]>('POST', `/v1/${def.plural}/search`, { filter, sort: ['due_at'], limit: MOST }),
      };
    }),
  });
  const entries: Entry[] = lists
    .flatMap((list, i) =>
      (list.data ?? []).flatMap((row) => (kinds[i] ? [{ def: kinds[i], row, at: timeOf(row) }] : [])),
    )
    .sort((a, b) => a.at.localeCompare(b.at));
  const byDay = new Map<string, Entry[]>();
  for (const entry of entries) put(byDay, toLocal(entry.at).slice(0, 10), entry);
  const go = (next: string) => void navigate({ to: '/calendar', search: { month: next } });
  return (
    <Stack p="md">
      <Group justify="space-between">
        <Group gap="xs">
          <Title order={1} size="h3">
            {monthName(month)}
          </Title>
          <Turn month={month} onTurn={go} />
        </Group>
        <SegmentedControl
          size="xs"
          aria-label={t('calendar.whose')}
          value={isMine ? 'mine' : 'all'}
          onChange={(next) => setMine(next === 'mine')}
          data={[
            { value: 'mine', label: t('board.mine') },
            { value: 'all', label: t('calendar.all') },
          ]}
        />
      </Group>
      {!isNarrow && <Month weeks={weeks} month={month} byDay={byDay} />}
      <Agenda entries={entries.filter((entry) => entry.row.status !== 'cancelled')} />
    </Stack>
  );
}

/** What is to do, in order; done with a tick. */
function Agenda({ entries }: { entries: Entry[] }) {
  const { t } = useTranslation();
  const names = useNames();
  const client = useQueryClient();
  const complete = async ({ def, row }: Entry) => {
    try {
      await ask('POST', `/v1/${def.plural}/${row.id}/${row.status === 'done' ? 'reopen' : 'complete'}`, {});
    } catch (error) {
      complain(error);
    }
    refresh(client, def);
  };
  return (
    <section aria-label={t('calendar.agenda')}>
      <Title order={2} size="h5" mb="xs">
        {t('calendar.agenda')}
      </Title>
      <Stack gap={6}>
        {entries.map((entry) => {
          const { def, row, at } = entry;
          const isLate = row.status !== 'done' && at !== '' && new Date(at).getTime() < Date.now();
          return (
            <Group key={row.id} gap="sm" wrap="nowrap">
              <Checkbox
                checked={row.status === 'done'}
                onChange={() => void complete(entry)}
                aria-label={t('calendar.done', { name: titleOf(def, row) })}
              />
              <Text size="sm" w={150} c={isLate ? 'red' : 'dimmed'} style={{ flexShrink: 0 }}>
                {moment(at)}
              </Text>
              <Text size="sm" component="div" td={row.status === 'done' ? 'line-through' : undefined} truncate>
                <RecordLink object={def.name} id={row.id} title={titleOf(def, row)} />
              </Text>
              <Badge size="xs" variant="light" color={toneOf(String(row.priority ?? ''))}>
                {names.one(def)}
              </Badge>
            </Group>
          );
        })}
        {entries.length === 0 && <Text c="dimmed">{t('home.none')}</Text>}
      </Stack>
    </section>
  );
}
