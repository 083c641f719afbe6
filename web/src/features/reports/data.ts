import { queryOptions } from '@tanstack/react-query';
import { ask } from '~/api/client';
import { type Message, saidBy } from '~/api/live';
import type { Row } from '~/api/record';
import type { Result } from './result';

export interface Report extends Row {
  name: string;
  kind: string;
  target_object: string | null;
  definition: Record<string, unknown> | null;
  chart: string | null;
}

export interface Tile {
  report_id: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Dashboard extends Row {
  name: string;
  layout: Tile[] | null;
  /** Whether others than its owner see it. */
  shared: boolean;
}

export interface TileData {
  report_id: string;
  name?: string;
  chart?: string;
  result?: Result;
  error?: { detail?: string } | string;
}

export const reportsQuery = queryOptions({
  queryKey: ['related', 'report', 'all'],
  queryFn: () => ask<Report[]>('GET', '/v1/reports?limit=500&sort=name'),
});

export const dashboardsQuery = queryOptions({
  queryKey: ['related', 'dashboard', 'all'],
  queryFn: () => ask<Dashboard[]>('GET', '/v1/dashboards?limit=200&sort=name'),
});

export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

export function resultQuery(id: string, range: { from?: string; to?: string } = {}) {
  const params = new URLSearchParams({ time_zone: zone() });
  if (range.from) params.set('from', range.from);
  if (range.to) params.set('to', range.to);
  return queryOptions({
    queryKey: ['related', 'report', id, 'result', params.toString()],
    queryFn: () => ask<Result>('GET', `/v1/reports/${id}/result?${params}`),
    retry: false,
  });
}

export interface DashboardData {
  tiles: TileData[];
}

export function dashboardQuery(id: string) {
  return queryOptions({
    queryKey: ['record', 'dashboard', id, 'data'],
    queryFn: () => ask<DashboardData>('GET', `/v1/dashboards/${id}/data`),
  });
}

/** What is shown after a message of a dashboard's stream: how many tiles there are, or one of them. */
export function afterMessage(before: DashboardData | undefined, message: Message): DashboardData | undefined {
  const said = saidBy<{ tile_count?: number; tile?: number }>(message);
  const tiles = [...(before?.tiles ?? [])];
  if (message.event === 'dashboard' && typeof said?.tile_count === 'number') {
    return { tiles: Array.from({ length: said.tile_count }, (_, at) => tiles[at] ?? { report_id: '' }) };
  }
  if (message.event !== 'tile' || typeof said?.tile !== 'number') return before;
  while (tiles.length <= said.tile) tiles.push({ report_id: '' });
  tiles[said.tile] = saidBy<TileData>(message) ?? { report_id: '' };
  return { tiles };
}
