import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type FieldDef, field as findField, may, type ObjectDef, useCatalog } from '~/api/catalog';
import { api } from '~/api/client';
import { type Row, titleOf, valueAt } from '~/api/record';
import { NotFoundPage } from '~/app/pages';
import { Choice } from '~/features/list/choice';
import { allOf, type Filter, toFilter } from '~/features/list/filter';
import { Layouts } from '~/features/list/layouts';
import { Narrow } from '~/features/list/narrow';
import { ViewsMenu } from '~/features/list/views-menu';
import { today } from '~/fields/moment';
import { RecordLink } from '~/fields/show';
import { Fault } from '~/ui/complain';
import { day as dayName, number } from '~/ui/format';
import { useNames } from '~/ui/names';
import { usePageTitle } from '~/ui/page-title';
import { dateFields, isDate } from './dates';
import { type Entry, Month, monthName, put, Turn } from './grid';
import { isMonth, weeksOf } from './month';
import { daysOf } from './span';
import { type CalendarSearch, calendarDefinition } from './view';

const QuickCreate = lazy(() => import('~/features/create/quick'));
const route = getRouteApi('/records/$plural/calendar');
const MOST = 500;

/** The records of any object that has dates, by month. */
export function RecordsCalendarPage() {
  const { plural } = route.useParams();
  const { date: path } = route.useSearch();
  const def = useCatalog().collection(plural);
  if (!def || !may(def, 'read')) return <NotFoundPage />;
  const named = path === undefined ? undefined : findField(def, path);
  const date = named && isDate(named) ? named : dateFields(def)[0];
  return date ? <RecordsCalendar def={def} date={date} /> : <NotFoundPage />;
}

/** What stands at the days from one to another, and what began before and still lasts. */
function within(date: FieldDef, end: FieldDef | undefined, from: string, to: string): Filter {
  const edge = (field: FieldDef, day: string, hour: string) => (field.type === 'date' ? day : `${day}T${hour}Z`);
  const begins = {
    field: date.path,
    op: 'between',
    value: [edge(date, from, '00:00:00'), edge(date, to, '23:59:59')],
  };
  if (!end) return begins;
  const before = { field: date.path, op: 'lt', value: edge(date, from, '00:00:00') };
  const lasts = { field: end.path, op: 'gte', value: edge(end, from, '00:00:00') };
  return { or: [begins, { and: [before, lasts] }] };
}

function RecordsCalendar({ def, date }: { def: ObjectDef; date: FieldDef }) {
  const { t } = useTranslation();
  const names = useNames();
  const navigate = useNavigate();
  const search = route.useSearch();
  const isNarrow = useMediaQuery('(max-width: 48em)') ?? false;
  const [isCreating, setCreating] = useState(false);
  usePageTitle(`${names.many(def)} · ${t('list.calendar')}`);
  const month = isMonth(search.month) ? search.month : today().slice(0, 7);
  const weeks = weeksOf(month);
  const [from, to] = [weeks[0]?.[0] ?? '', weeks.at(-1)?.at(-1) ?? ''];
  const end = search.end === undefined ? undefined : findField(def, search.end);
  const body = {
    filter: allOf(within(date, end, from, to), toFilter(search.filter)),
    q: search.q,
    sort: [date.path],
    limit: MOST,
  };
  const list = useQuery({
    queryKey: ['related', def.name, 'calendar', body],
    queryFn: () => api<Row[]>('POST', `/v1/${def.plural}/search`, { body }),
    placeholderData: keepPreviousData,
  });
  const set = (change: Partial<CalendarSearch>) =>
    void navigate({
      to: '/records/$plural/calendar',
      params: { plural: def.plural },
      search: (before: CalendarSearch) => ({ ...before, ...change }),
      replace: true,
    });
  const byDay = new Map<string, Entry[]>();
  for (const row of list.data?.data ?? []) {
    const at = String(valueAt(row, date.path));
    const until = end ? valueAt(row, end.path) : undefined;
    for (const day of daysOf(at, until ? String(until) : undefined, from, to)) put(byDay, day, { def, row, at });
  }
  const choices = dateFields(def);
  const offered = choices.includes(date) ? choices : [date, ...choices];
  return (
    <Stack p="md">
      <Group justify="space-between">
        <Group gap="xs">
          <Title order={1} size="h3">
            {names.many(def)} · {monthName(month)}
          </Title>
          <Turn month={month} onTurn={(next) => set({ month: next })} />
          <Choice
            label={t('calendar.date')}
            width={190}
            value={date.path}
            options={offered.map((field) => ({ value: field.path, label: names.field(field) }))}
            onChoose={(next) => set({ date: next })}
          />
          <Narrow def={def} q={search.q} filter={search.filter} onChange={set} />
        </Group>
        <Group gap={6}>
          <Layouts def={def} here="calendar" q={search.q} filter={search.filter} />
          <ViewsMenu
            def={def}
            kind="calendar"
            saved={search.saved}
            definition={() => calendarDefinition(search, date.path)}
          />
          {may(def, 'create') && (
            <Button size="xs" leftSection={<Plus size={14} />} onClick={() => setCreating(true)}>
              {names.one(def)}
            </Button>
          )}
        </Group>
      </Group>
      {list.error && (
        <div role="alert">
          <Fault error={list.error} />
        </div>
      )}
      {list.data?.page?.has_more && (
        <Text size="sm" role="status">
          {t('calendar.most', { shown: number(MOST) })}
        </Text>
      )}
      {isNarrow ? <Days byDay={byDay} /> : <Month weeks={weeks} month={month} byDay={byDay} />}
      <Suspense>
        {isCreating && (
          <QuickCreate object={def.name} onClose={() => setCreating(false)} onMade={() => setCreating(false)} />
        )}
      </Suspense>
    </Stack>
  );
}

/** Where a month has no room: its days below each other, those that have something. */
function Days({ byDay }: { byDay: Map<string, Entry[]> }) {
  const { t } = useTranslation();
  const days = [...byDay].sort(([a], [b]) => a.localeCompare(b));
  return (
    <Stack gap="sm">
      {days.map(([day, entries]) => (
        <section key={day} aria-label={dayName(day)}>
          <Title order={2} size="h6">
            {dayName(day)}
          </Title>
          <ul className="plain-list">
            {entries.map(({ def, row }) => (
              <li key={row.id}>
                <RecordLink object={def.name} id={row.id} title={titleOf(def, row)} />
              </li>
            ))}
          </ul>
        </section>
      ))}
      {days.length === 0 && <Text c="dimmed">{t('home.none')}</Text>}
    </Stack>
  );
}
