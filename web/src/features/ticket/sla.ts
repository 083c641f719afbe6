import type { Row } from '~/api/record';

/** One promise of a ticket that still runs or waits. */
export interface Clock {
  name: 'first_response' | 'next_response' | 'resolution';
  dueAt?: string;
  /** What is left while the ticket is pending. */
  pausedSeconds?: number;
}

const NAMES: Clock['name'][] = ['first_response', 'next_response', 'resolution'];

export function clocksOf(row: Row): Clock[] {
  if (row.status === 'solved' || row.status === 'closed') return [];
  return NAMES.flatMap((name): Clock[] => {
    if (name === 'first_response' && row.first_responded_at) return [];
    const paused = row[`${name}_left_seconds`];
    if (row.status === 'pending' && typeof paused === 'number') return [{ name, pausedSeconds: paused }];
    const due = row[`${name}_due_at`];
    return typeof due === 'string' && due ? [{ name, dueAt: due }] : [];
  });
}

/** `93784` seconds as `1 d 2 h`, the two largest parts. */
export function left(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const [d, h, m] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  if (d > 0) return `${d} d ${h} h`;
  return h > 0 ? `${h} h ${m} min` : `${m} min`;
}
