import { expect, it } from 'vitest';
import type { FieldDef } from '~/api/catalog';
import { definitionOf, isPlain, type SavedView, viewOf } from './views';

const columns = [{ path: 'name' }, { path: 'amount' }] as FieldDef[];

it('keeps what a list shows, and shows what is kept', () => {
  const view = {
    q: 'acme',
    filter: { join: 'and' as const, parts: [{ field: 'amount', op: 'gt', value: '5' }] },
    sort: '-amount',
    cols: ['name', 'amount'],
  };
  const definition = definitionOf(view, columns, { amount: 200 });
  expect(definition.columns).toEqual([{ field: 'name' }, { field: 'amount', width: 200 }]);
  const saved = { id: '7', object: 'saved_view', name: 'Large', definition } as unknown as SavedView;
  expect(viewOf(saved)).toEqual({ ...view, saved: '7', bin: undefined });
});

it('tells a plain address from one that says something', () => {
  expect(isPlain({})).toBe(true);
  expect(isPlain({ saved: 'all' })).toBe(false);
  expect(isPlain({ bin: true })).toBe(false);
});
