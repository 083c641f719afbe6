import { toLocal } from '~/fields/moment';

const DAY_MS = 86_400_000;

/** The day of a date, or of a moment in the reader's own zone. */
function dayOf(text: string): string {
  return text.includes('T') ? toLocal(text).slice(0, 10) : text;
}

/** The days at which something stands: where it begins, and on to its end as far as the days are seen. */
export function daysOf(begin: string, end: string | undefined, from: string, to: string): string[] {
  const first = dayOf(begin);
  if (!end) return [first];
  const last = [dayOf(end), to].sort()[0] ?? to;
  const days: string[] = [];
  const seen = first < from ? from : first;
  for (let at = Date.parse(`${seen}T00:00:00Z`); at <= Date.parse(`${last}T00:00:00Z`); at += DAY_MS)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days.length > 0 ? days : [first];
}
