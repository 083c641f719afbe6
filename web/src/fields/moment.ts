/** `2026-11-21T20:00:00Z` as the browser's date and time input wants it, in the reader's own zone. */
export function toLocal(text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return '';
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** What the input holds as the API takes it: UTC. */
export function fromLocal(text: string): string {
  return new Date(text).toISOString();
}

/** Today in the reader's own zone, `2026-11-21`. */
export function today(now = new Date()): string {
  return toLocal(now.toISOString()).slice(0, 10);
}
