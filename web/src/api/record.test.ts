import { expect, it } from 'vitest';
import { same } from './record';

it('values are the same in whatever order their members came', () => {
  expect(same({ field: 'city', op: 'eq', value: ['a', 'b'] }, { value: ['a', 'b'], op: 'eq', field: 'city' })).toBe(
    true,
  );
  expect(same([{ a: { b: 1, c: 2 } }], [{ a: { c: 2, b: 1 } }])).toBe(true);
  expect(same(['a', 'b'], ['b', 'a'])).toBe(false);
  expect(same(null, undefined)).toBe(true);
  expect(same({ a: 1 }, { a: '1' })).toBe(false);
});
