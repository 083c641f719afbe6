/** `2026-11` and its weeks, each seven days `2026-11-02`, Monday first. */
export function weeksOf(month: string): string[][] {
  const [year = 1970, m = 1] = month.split('-').map(Number);
  const first = new Date(Date.UTC(year, m - 1, 1));
  const start = new Date(first);
  start.setUTCDate(1 - ((first.getUTCDay() + 6) % 7));
  const weeks: string[][] = [];
  const day = new Date(start);
  do {
    weeks.push(
      Array.from({ length: 7 }, () => {
        const text = day.toISOString().slice(0, 10);
        day.setUTCDate(day.getUTCDate() + 1);
        return text;
      }),
    );
  } while (day.getUTCMonth() === m - 1 && day.getUTCFullYear() === year);
  return weeks;
}

/** The month before or after. */
export function shifted(month: string, by: number): string {
  const [year = 1970, m = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, m - 1 + by, 1)).toISOString().slice(0, 7);
}

export function isMonth(text: string | undefined): text is string {
  return text !== undefined && /^\d{4}-(0[1-9]|1[0-2])$/.test(text);
}
