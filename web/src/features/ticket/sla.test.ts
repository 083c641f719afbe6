import { expect, it } from 'vitest';
import { clocksOf, left } from './sla';

it('shows what still runs', () => {
  const row = {
    id: '1',
    object: 'ticket',
    status: 'open',
    first_responded_at: '2026-01-01T00:00:00Z',
    first_response_due_at: 'a',
    resolution_due_at: '2026-01-02T00:00:00Z',
  };
  expect(clocksOf(row)).toEqual([{ name: 'resolution', dueAt: '2026-01-02T00:00:00Z' }]);
  expect(clocksOf({ ...row, status: 'closed' })).toEqual([]);
});

it('stands still while the asker is waited for', () => {
  const row = { id: '1', object: 'ticket', status: 'pending', resolution_left_seconds: 60, resolution_due_at: null };
  expect(clocksOf(row)).toEqual([{ name: 'resolution', pausedSeconds: 60 }]);
});

it('tells the two largest parts', () => {
  expect([left(59), left(3_700), left(93_784)]).toEqual(['0 min', '1 h 1 min', '1 d 2 h']);
});
