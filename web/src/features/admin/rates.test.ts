import { expect, it } from 'vitest';
import { limitsOf } from './rates';

const POLICY = '"key";q=100;w=10, "day";q=50000;w=86400';

it('reads the limits of an answer and what they leave', () => {
  expect(limitsOf([[POLICY, '"key";r=99;t=1, "day";r=49999;t=57600']])).toEqual([
    { name: 'key', quota: 100, seconds: 10, left: 99 },
    { name: 'day', quota: 50_000, seconds: 86_400, left: 49_999 },
  ]);
});

it('adds what another answer names besides', () => {
  const second: [string, string] = [`${POLICY}, "search";q=50;w=10`, '"key";r=98;t=1, "search";r=49;t=1'];
  const all = limitsOf([[POLICY, '"key";r=99;t=1'], second]);
  expect(all.map((one) => [one.name, one.left])).toEqual([
    ['key', 98],
    ['day', 50_000],
    ['search', 49],
  ]);
});

it('there are none where they are off', () => {
  expect(limitsOf([[null, null]])).toEqual([]);
});
