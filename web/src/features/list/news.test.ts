import { expect, it } from 'vitest';
import type { LiveEvent } from '~/api/live';
import type { Question } from './data';
import { isMoved, type News, note } from './news';

const none = (): News => ({ ids: new Set(), changed: new Set(), isOther: false });
const event = (data: unknown): LiveEvent => ({ subject: 'deals/7', data }) as LiveEvent;
const question = (part: Partial<Question>): Question => ({ fields: [], ...part }) as Question;

it('keeps whom an event is about, and what it changed', () => {
  const news = none();
  note(news, event({ changed: { amount: ['1', '2'] } }));
  expect([...news.ids, ...news.changed, news.isOther]).toEqual(['7', 'amount', false]);
  note(news, event({ record: { id: '7', deleted: true } }));
  expect(news.isOther).toBe(true);
});

it('knows which changes move rows of a list', () => {
  const news = { ...none(), changed: new Set(['amount']) };
  expect(isMoved(question({}), news)).toBe(false);
  expect(isMoved(question({ sort: ['-name'] }), news)).toBe(false);
  expect(isMoved(question({ sort: ['-amount'] }), news)).toBe(true);
  expect(isMoved(question({ filter: { or: [{ field: 'amount', op: 'gt', value: '1' }] } }), news)).toBe(true);
  const stage = { ...none(), changed: new Set(['stage_id']) };
  expect(isMoved(question({ filter: { field: 'stage.kind', op: 'eq', value: 'won' } }), stage)).toBe(true);
  expect(isMoved(question({}), { ...none(), isOther: true })).toBe(true);
});
