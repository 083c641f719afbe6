import { expect, it } from 'vitest';
import { daysOf } from './span';

it('what has no end stands at one day', () => {
  expect(daysOf('2026-11-21', undefined, '2026-10-26', '2026-12-06')).toEqual(['2026-11-21']);
});

it('what lasts stands at each of its days that are seen', () => {
  expect(daysOf('2026-11-29', '2026-12-02', '2026-10-26', '2026-12-06')).toEqual([
    '2026-11-29',
    '2026-11-30',
    '2026-12-01',
    '2026-12-02',
  ]);
  expect(daysOf('2026-10-01', '2026-10-27', '2026-10-26', '2026-12-06')).toEqual(['2026-10-26', '2026-10-27']);
  expect(daysOf('2026-12-05', '2027-03-01', '2026-10-26', '2026-12-06')).toEqual(['2026-12-05', '2026-12-06']);
});

it('an end before the beginning is passed over', () => {
  expect(daysOf('2026-11-21', '2026-11-20', '2026-10-26', '2026-12-06')).toEqual(['2026-11-21']);
});
