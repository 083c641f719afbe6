import { infiniteQueryOptions } from '@tanstack/react-query';
import type { ObjectDef } from '~/api/catalog';
import { type Answer, api } from '~/api/client';
import type { Row } from '~/api/record';

/** One entry of a history or timeline. */
export interface Entry {
  kind: 'change' | 'activity' | string;
  at: string;
  id?: string;
  action?: string;
  /** Path → [before, after] of a change; the record of a create. */
  changes?: Record<string, unknown> | null;
  user_id?: string | null;
  key_id?: string | null;
  request_id?: string | null;
  version?: number;
  record?: Row;
}

export function entriesQuery(def: ObjectDef, id: string, what: 'timeline' | 'history') {
  return infiniteQueryOptions({
    queryKey: [what, def.name, id],
    queryFn: ({ pageParam }) =>
      api<Entry[]>(
        'GET',
        `/v1/${def.plural}/${id}/${what}?limit=30${pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ''}`,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last: Answer<Entry[]>) => (last.page?.has_more ? (last.page.next_cursor ?? null) : null),
  });
}

/** Members of a change that say nothing to people. */
const DULL = new Set(['version', 'updated_at', 'updated_by', 'id', 'object', 'created_at', 'created_by']);

/** What became of which field: [path, before, after]. */
export function changesOf(entry: Entry): [string, unknown, unknown][] {
  if (entry.action !== 'update' && !isPairs(entry.changes)) return [];
  return Object.entries(entry.changes ?? {}).flatMap(([path, pair]): [string, unknown, unknown][] =>
    Array.isArray(pair) && pair.length === 2 && !DULL.has(path) ? [[path, pair[0], pair[1]]] : [],
  );
}

function isPairs(changes: Entry['changes']): boolean {
  return Object.values(changes ?? {}).every((pair) => Array.isArray(pair) && pair.length === 2);
}
