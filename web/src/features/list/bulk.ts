import type { QueryClient } from '@tanstack/react-query';
import type { ObjectDef } from '~/api/catalog';
import { api, ask } from '~/api/client';
import { patchOf, type Row, valueAt } from '~/api/record';

/** Operations in one request: enough to be quick, few enough that progress is seen. */
const AT_ONCE = 100;

export interface Progress {
  done: number;
  failed: number;
  total: number;
}

interface Outcome {
  status: number;
  detail?: string;
}

export interface Result extends Progress {
  /** The first refusal in the API's own words. */
  why?: string;
}

type Operation = Record<string, unknown>;

/** Sends operations in portions; what is refused does not stop the rest. */
export async function inPortions(
  def: ObjectDef,
  operations: Operation[],
  tell: (progress: Progress) => void,
): Promise<Result> {
  const result: Result = { done: 0, failed: 0, total: operations.length };
  for (let at = 0; at < operations.length; at += AT_ONCE) {
    const some = operations.slice(at, at + AT_ONCE);
    const outcomes = await ask<Outcome[]>('POST', `/v1/${def.plural}/batch`, { atomic: false, operations: some });
    for (const outcome of outcomes) {
      if (outcome.status < 300) result.done += 1;
      else {
        result.failed += 1;
        result.why ??= outcome.detail;
      }
    }
    tell({ ...result });
  }
  return result;
}

/** What the records had in a field, so that a change can be taken back. */
export async function before(def: ObjectDef, ids: string[], path: string): Promise<Operation[]> {
  const operations: Operation[] = [];
  for (let at = 0; at < ids.length; at += 200) {
    const some = ids.slice(at, at + 200);
    const body = { filter: { field: 'id', op: 'in', value: some }, fields: [path], limit: some.length };
    const rows = await ask<Row[]>('POST', `/v1/${def.plural}/search`, body);
    operations.push(
      ...rows.map((row) => ({ op: 'update', id: row.id, data: patchOf(path, valueAt(row, path) ?? null) })),
    );
  }
  return operations;
}

export const changes = (ids: string[], path: string, value: unknown): Operation[] =>
  ids.map((id) => ({ op: 'update', id, data: patchOf(path, value) }));

export const deletions = (ids: string[]): Operation[] => ids.map((id) => ({ op: 'delete', id }));

export const restorations = (ids: string[]): Operation[] => ids.map((id) => ({ op: 'restore', id }));

/** Ids of everything that a list would show, at most this many. */
export const MOST_AT_ONCE = 10_000;

export async function allIds(def: ObjectDef, question: Record<string, unknown>): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const body: Record<string, unknown> = {
      ...question,
      fields: [def.name_field].filter((path) => path !== 'id'),
      expand: undefined,
      limit: 500,
      cursor,
    };
    const answer = await api<Row[]>('POST', `/v1/${def.plural}/search`, { body });
    ids.push(...answer.data.map((row) => row.id));
    cursor = answer.page?.has_more ? (answer.page.next_cursor ?? null) : null;
  } while (cursor && ids.length < MOST_AT_ONCE);
  return ids;
}

/** Everything on the page that may show these records is asked anew. */
export function refresh(client: QueryClient, def: ObjectDef): void {
  for (const key of ['list', 'totals', 'record', 'board', 'related'])
    void client.invalidateQueries({ queryKey: [key, def.name] });
}
