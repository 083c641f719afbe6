import { expect, it } from 'vitest';
import { figuresOf, seriesOf, smallOf } from './result';

const result = {
  columns: ['close_date', 'owner_id', 'deals', 'total'],
  rows: [
    { close_date: '2017-01-01', owner_id: '470625487671783424', deals: 531, total: '1134672.50' },
    { close_date: '2017-04-01', owner_id: '470625487671783425', deals: 12, total: null },
  ],
};

it('figures are numbers, dates and ids are not', () => {
  expect(figuresOf(result)).toEqual(['deals', 'total']);
  expect(figuresOf({ columns: ['a'], rows: [] })).toEqual([]);
});

it('a point has a name and its figures', () => {
  const { points, label } = seriesOf(result, String);
  expect(label).toBe('close_date · owner_id');
  expect(points[0]).toEqual({ name: '2017-01-01 · 470625487671783424', deals: 531, total: 1134672.5 });
  expect(points[1]).toMatchObject({ total: 0 });
});

it('what would lie on the floor has a scale of its own', () => {
  expect([...smallOf(seriesOf(result, String))]).toEqual(['deals']);
});
