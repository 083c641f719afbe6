import { expect, it } from 'vitest';
import { faultsAt, insertAt, listsOf, moveAt, removeAt, replaceAt, type Step } from './model';

const steps: Step[] = [
  { kind: 'find', object: 'deal' },
  // biome-ignore lint/suspicious/noThenProperty: what the API calls the way of a branch
  { kind: 'branch', if: 'x', then: [{ kind: 'stop' }, { kind: 'notify', title: 'a' }] },
];

it('a step is changed, added, moved and taken away where it stands', () => {
  expect(replaceAt(steps, '1.then.0', { kind: 'wait', days: 1 })[1]?.then).toEqual([
    { kind: 'wait', days: 1 },
    { kind: 'notify', title: 'a' },
  ]);
  expect(insertAt(steps, '1.else.0', { kind: 'stop' })[1]?.else).toEqual([{ kind: 'stop' }]);
  expect(removeAt(steps, '0')).toHaveLength(1);
  const moved = moveAt(steps, '1.then.0', 1)[1]?.then as Step[] | undefined;
  expect(moved?.map((step) => step.kind)).toEqual(['notify', 'stop']);
  expect(moveAt(steps, '0', -1)).toEqual(steps);
  expect(steps[1]?.then).toHaveLength(2);
});

it('a branch has both its ways, also where nothing goes', () => {
  expect(listsOf({ kind: 'branch', if: 'x' }).map((list) => list.name)).toEqual(['then', 'else']);
  expect(listsOf({ kind: 'stop', on_error: 'continue' })).toEqual([]);
});

it('a fault is at the step that it names', () => {
  const faults = { 'steps.0.data.nope': 'is no field', 'steps.1.if': 'is required', 'steps.1.then.0.kind': 'is none' };
  expect(faultsAt(faults, '0')).toEqual({ data: 'nope is no field' });
  expect(faultsAt(faults, '1')).toEqual({ if: 'is required' });
  expect(faultsAt(faults, '1.then.0')).toEqual({ kind: 'is none' });
});
