import { preferences } from '~/app/preferences';

const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>();

function once<T extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>(
  key: string,
  make: () => T,
): T {
  const full = `${preferences().language} ${key}`;
  const there = made.get(full);
  if (there) return there as T;
  const fresh = make();
  made.set(full, fresh);
  return fresh;
}

const locale = () => (preferences().language === 'de' ? 'de-DE' : undefined);

/** An amount with its currency. The text goes to the formatter as it is, so no cent is lost to a float. */
export function money(amount: string, currency: string | null | undefined): string {
  const text = amount as unknown as number;
  try {
    if (currency) {
      const key = `money ${currency}`;
      return once(key, () => new Intl.NumberFormat(locale(), { style: 'currency', currency })).format(text);
    }
  } catch {
    // A currency that the browser does not know is shown by its code.
  }
  return `${number(amount)}${currency ? ` ${currency}` : ''}`;
}

/** Short, for charts and sums in narrow places: 1.2M. */
export function brief(value: number): string {
  const options: Intl.NumberFormatOptions = { notation: 'compact', maximumFractionDigits: 1 };
  return once('brief', () => new Intl.NumberFormat(locale(), options)).format(value);
}

export function number(value: string | number): string {
  const text = value as unknown as number;
  return once('number', () => new Intl.NumberFormat(locale(), { maximumFractionDigits: 8 })).format(text);
}

/** `2026-11-21`, a day without a time zone. */
export function day(text: string): string {
  const date = new Date(`${text}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) return text;
  return once('day', () => new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeZone: 'UTC' })).format(date);
}

/** `2026-11-01` as the month that it begins. */
export function month(text: string): string {
  const date = new Date(`${text}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) return text;
  const options: Intl.DateTimeFormatOptions = { month: 'short', year: 'numeric', timeZone: 'UTC' };
  return once('month', () => new Intl.DateTimeFormat(locale(), options)).format(date);
}

export function moment(text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  return once('moment', () => new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' })).format(
    date,
  );
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** "3 hours ago", "in 2 days". */
export function ago(text: string, now = Date.now()): string {
  const seconds = (new Date(text).getTime() - now) / 1000;
  const formatter = once('ago', () => new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' }));
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return formatter.format(Math.trunc(seconds / size), unit);
  }
  return formatter.format(0, 'minute');
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** `12345` bytes as 12.3 kB. */
export function fileSize(bytes: number): string {
  const at = Math.min(UNITS.length - 1, bytes > 0 ? Math.floor(Math.log10(bytes) / 3) : 0);
  const options: Intl.NumberFormatOptions = { style: 'unit', unit: UNITS[at], maximumFractionDigits: 1 };
  return once(`size ${at}`, () => new Intl.NumberFormat(locale(), options)).format(bytes / 1000 ** at);
}
