import { expect, it } from 'vitest';
import { eventsOf } from './live';

it('takes whole events and keeps what has not come yet', () => {
  const { events, rest } = eventsOf(
    ': hello\n\nid: 7\nevent: kontor.deal.won\ndata: {"a":\ndata: 1}\n\nid: 8\ndata: {"b"',
  );
  expect(events).toEqual([{ id: '7', data: '{"a":\n1}' }]);
  expect(rest).toBe('id: 8\ndata: {"b"');
});

it('takes lines that end with a return', () => {
  expect(eventsOf('data: 1\r\n\r\n').events).toEqual([{ id: undefined, data: '1' }]);
});
