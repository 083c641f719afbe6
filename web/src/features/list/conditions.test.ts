import { expect, it } from 'vitest';
import { readGroup, toFilter } from '~/features/list/filter';
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

it('NOT is kept, before a condition, before a group, and twice', () => {
  const condition = { field: 'city', op: 'contains', value: 'o' };
  const either = { or: [condition, { field: 'city', op: 'is_null', value: true }] };
  for (const filter of [{ not: condition }, { not: either }, { and: [condition, { not: either }] }])
    expect(toFilter(toGroup(filter))).toEqual(filter);
  expect(toFilter(toGroup({ not: { not: condition } }))).toEqual({ not: { not: condition } });
  const group = toGroup({ not: either });
  expect(readGroup(JSON.parse(JSON.stringify(group)))).toEqual(group);
});

it('what the builder has no form for is left alone', () => {
  expect(toGroup({ and: [{ segment: '1' }] })).toBeUndefined();
  expect(toGroup({ not: { segment: '1' } })).toBeUndefined();
});
