import { expect, it } from 'vitest';
import { messagesOf } from './live';

it('takes whole events and keeps what has not come yet', () => {
  const { messages, rest } = messagesOf(
    ': hello\n\nid: 7\nevent: kontor.deal.won\ndata: {"a":\ndata: 1}\n\nid: 8\ndata: {"b"',
  );
  expect(messages).toEqual([{ id: '7', event: 'kontor.deal.won', data: '{"a":\n1}' }]);
  expect(rest).toBe('id: 8\ndata: {"b"');
});

it('takes lines that end with a return', () => {
  expect(messagesOf('data: 1\r\n\r\n').messages).toEqual([{ id: undefined, event: undefined, data: '1' }]);
});

it('takes an id that comes alone', () => {
  expect(messagesOf('id: 90\n\n').messages).toEqual([{ id: '90', event: undefined, data: '' }]);
});
