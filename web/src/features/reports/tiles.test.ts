import { expect, it } from 'vitest';
import type { Tile } from './data';
import { inReadingOrder, moved, placed, resized } from './tiles';

const tile = (report_id: string, width = 6, height = 4, x = 0, y = 0): Tile => ({ report_id, width, height, x, y });

it('fills rows from the left, each as high as its highest', () => {
  const at = placed([tile('a'), tile('b', 6, 6), tile('c', 8), tile('d', 4)]).map(({ x, y }) => [x, y]);
  expect(at).toEqual([
    [0, 0],
    [6, 0],
    [0, 6],
    [8, 6],
  ]);
});

it('moves in reading order', () => {
  const tiles = inReadingOrder([tile('c', 6, 4, 0, 4), tile('b', 6, 4, 6, 0), tile('a')]);
  expect(moved(tiles, 0, 1).map((one) => one.report_id)).toEqual(['b', 'a', 'c']);
});

it('is never wider than the page', () => {
  expect(resized([tile('a', 11)], 0, 4)[0]?.width).toBe(12);
  expect(resized([tile('a', 2)], 0, -2)[0]?.width).toBe(2);
});
