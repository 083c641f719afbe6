import { expect, it } from 'vitest';
import { afterMessage, type DashboardData } from './data';

it('lays tiles as they come, and keeps those that stay', () => {
  let data: DashboardData | undefined;
  const hear = (event: string, said: unknown) => {
    data = afterMessage(data, { event, data: JSON.stringify(said) });
  };
  hear('dashboard', { id: '1', tile_count: 2 });
  hear('tile', { tile: 1, report_id: '8', name: 'Deals' });
  hear('tile', { tile: 0, report_id: '7', name: 'Won' });
  expect(data?.tiles.map((tile) => tile.name)).toEqual(['Won', 'Deals']);
  hear('tile', { tile: 0, report_id: '7', name: 'Won since' });
  hear('dashboard', { id: '1', tile_count: 1 });
  expect(data?.tiles.map((tile) => tile.name)).toEqual(['Won since']);
  hear('other', {});
  expect(data?.tiles).toHaveLength(1);
});
