import { expect, it } from 'vitest';
import { toFilter } from '~/features/list/filter';
import { toGroup } from './conditions';

it('a filter becomes a tree and the same filter again', () => {
  const filter = {
    and: [
      { field: 'city', op: 'eq', value: 'Rome' },
      {
        or: [
          { field: 'amount', op: 'gt', value: '1' },
          { field: 'phone', op: 'is_null', value: true },
        ],
      },
    ],
  };
  expect(toFilter(toGroup(filter))).toEqual(filter);
  expect(toGroup({ field: 'a', value: 1 })).toEqual({ join: 'and', parts: [{ field: 'a', op: 'eq', value: 1 }] });
  expect(toGroup(null)).toEqual({ join: 'and', parts: [] });
});

it('what the builder has no form for is left alone', () => {
  expect(toGroup({ not: { field: 'a', op: 'eq', value: 1 } })).toBeUndefined();
  expect(toGroup({ and: [{ segment: '1' }] })).toBeUndefined();
});
