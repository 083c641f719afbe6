import { ActionIcon, Button, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { ObjectDef } from '~/api/catalog';
import { type Row, titleOf } from '~/api/record';
import { iconOf } from '~/app/nav';
import { preferences } from '~/app/preferences';
import { today, toLocal } from '~/fields/moment';
import './calendar.css';
import { shifted } from './month';

/** Records that fit into a day's box; the rest is counted. */
const IN_A_DAY = 4;

/** A record at a moment, or at a day when `at` has no hour. */
export interface Entry {
  def: ObjectDef;
  row: Row;
  at: string;
}

export function put(byDay: Map<string, Entry[]>, day: string, entry: Entry): void {
  byDay.set(day, [...(byDay.get(day) ?? []), entry]);
}

/** `2026-11` as people say it. */
export function monthName(month: string): string {
  return new Date(`${month}-01T00:00:00Z`).toLocaleDateString(preferences().language, {
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
}

/** To the month before, behind, and to this one. */
export function Turn({ month, onTurn }: { month: string; onTurn: (month: string) => void }) {
  const { t } = useTranslation();
  return (
    <>
      <ActionIcon variant="default" onClick={() => onTurn(shifted(month, -1))} aria-label={t('calendar.before')}>
        <ChevronLeft size={16} className="mirrored" />
      </ActionIcon>
      <ActionIcon variant="default" onClick={() => onTurn(shifted(month, 1))} aria-label={t('calendar.after')}>
        <ChevronRight size={16} className="mirrored" />
      </ActionIcon>
      <Button size="xs" variant="default" onClick={() => onTurn(today().slice(0, 7))}>
        {t('nav.home')}
      </Button>
    </>
  );
}

/** A month as a table of days with what stands at them. */
export function Month({ weeks, month, byDay }: { weeks: string[][]; month: string; byDay: Map<string, Entry[]> }) {
  const { t } = useTranslation();
  const names = new Intl.DateTimeFormat(preferences().language, { weekday: 'short', timeZone: 'UTC' });
  return (
    <table className="calendar">
      <caption className="sr-only">{t('nav.calendar')}</caption>
      <thead>
        <tr>
          {(weeks[0] ?? []).map((day) => (
            <th key={day} scope="col">
              {names.format(new Date(`${day}T00:00:00Z`))}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeks.map((week) => (
          <tr key={week[0]}>
            {week.map((day) => {
              const some = byDay.get(day) ?? [];
              return (
                <td
                  key={day}
                  data-day={day}
                  data-other={!day.startsWith(month) || undefined}
                  data-today={day === today() || undefined}
                >
                  <Text size="xs" c="dimmed">
                    {Number(day.slice(8))}
                  </Text>
                  {some.slice(0, IN_A_DAY).map((entry) => (
                    <InDay key={entry.row.id} entry={entry} />
                  ))}
                  {some.length > IN_A_DAY && (
                    <Text size="xs" c="dimmed">
                      +{some.length - IN_A_DAY}
                    </Text>
                  )}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function InDay({ entry: { def, row, at } }: { entry: Entry }) {
  const Icon = iconOf(def.name);
  const title = titleOf(def, row);
  return (
    <Link
      className="calendar-entry"
      data-done={row.status === 'done' || undefined}
      to="/records/$plural/$id"
      params={{ plural: def.plural, id: row.id }}
      title={title}
    >
      <Icon size={12} aria-hidden /> {at.includes('T') && toLocal(at).slice(11)} {title}
    </Link>
  );
}
