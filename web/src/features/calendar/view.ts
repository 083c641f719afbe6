import { toGroup } from '~/features/list/conditions';
import { type Group, readGroup, toFilter } from '~/features/list/filter';
import type { Definition, SavedView } from '~/features/list/views';

/** What a calendar of an object shows, as its address says it. */
export interface CalendarSearch {
  /** `2026-11` */
  month?: string;
  /** The date that records stand at, and the one that they last until. */
  date?: string;
  end?: string;
  q?: string;
  filter?: Group;
  /** The saved view that this is, or was before something was changed. */
  saved?: string;
}

export function readCalendar(search: Record<string, unknown>): CalendarSearch {
  const text = (value: unknown) => (value === undefined || value === '' ? undefined : String(value));
  return {
    month: text(search.month),
    date: text(search.date),
    end: text(search.end),
    q: text(search.q),
    filter: readGroup(search.filter),
    saved: text(search.saved),
  };
}

/** What a calendar is to show for a saved view. */
export function calendarOf(saved: SavedView): CalendarSearch {
  const { date_field: date, end_field: end, filter, q } = saved.definition ?? {};
  const group = toGroup(filter);
  return { saved: saved.id, date, end, q, filter: group && group.parts.length > 0 ? group : undefined };
}

/** What is kept of a calendar that is shown; the month is not. */
export function calendarDefinition(search: CalendarSearch, date: string): Definition {
  return { date_field: date, end_field: search.end, filter: toFilter(search.filter), q: search.q };
}
