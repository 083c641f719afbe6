import { expect, it } from 'vitest';
import type { SavedView } from '~/features/list/views';
import { boardDefinition, boardOf, readBoard } from './view';

const kept = (definition: unknown) => ({ id: '7', kind: 'board', definition }) as unknown as SavedView;

it('a board is kept and opened again as it was', () => {
  const filter = { join: 'or' as const, not: true as const, parts: [{ field: 'amount', op: 'gt', value: '5' }] };
  const search = { by: 'stage_id', pipeline: '3', owner: '4', q: 'acme', filter };
  const definition = boardDefinition(search, 'stage_id');
  expect(definition.filter).toEqual({
    and: [
      { field: 'pipeline_id', op: 'eq', value: '3' },
      { field: 'owner_id', op: 'eq', value: '4' },
      { not: { field: 'amount', op: 'gt', value: '5' } },
    ],
  });
  const opened = boardOf(kept(definition));
  expect(opened).toMatchObject({ saved: '7', by: 'stage_id', pipeline: '3', owner: '4', q: 'acme' });
  expect(boardDefinition(opened, 'stage_id')).toEqual(definition);
});

it('a board of one pipeline alone has no other conditions', () => {
  const filter = { field: 'pipeline_id', value: '3' };
  expect(boardOf(kept({ group_by: 'stage_id', filter }))).toEqual({ saved: '7', by: 'stage_id', pipeline: '3' });
});

it('any pipeline but one stays a condition', () => {
  const filter = { not: { field: 'pipeline_id', op: 'eq', value: '3' } };
  const opened = boardOf(kept({ group_by: 'stage_id', filter }));
  expect(opened.pipeline).toBeUndefined();
  expect(boardDefinition(opened, 'stage_id').filter).toEqual(filter);
});

it('an address with digits only is read as text', () => {
  expect(readBoard({ pipeline: 42, q: 7, filter: 'x' })).toEqual({ pipeline: '42', q: '7' });
});
