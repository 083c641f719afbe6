import { type QueryClient, useQueries, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, useState } from 'react';
import type { ObjectDef } from '~/api/catalog';
import type { Row } from '~/api/record';
import { pagesKey, type Question } from './data';
import { Jumps, PAGE, REACH, type Rows } from './jumps';

/** Pages that are kept when they have gone out of sight: those that were seen last. */
const KEPT = 12;
/** Rows beyond the edges whose pages are asked for already. */
const AHEAD = 40;
/** A list that is scrolled through asks for the pages at which it rests. */
const RESTS_MS = 90;

export interface ListRows {
  /** A row by its place; undefined until its page is there. */
  at: (index: number) => Row | undefined;
  /** Rows of the pages in sight. */
  loaded: Row[];
  /** As many as are known of. */
  count: number;
  isLoading: boolean;
  isFetching: boolean;
  error: unknown;
  /** Says which rows are seen. */
  look: (first: number, last: number) => void;
  reload: () => void;
}

/** The rows of a list: pages in sight are asked for, some are kept, the others are forgotten. */
export function useRows(def: ObjectDef, question: Question, total: number | undefined): ListRows {
  const client = useQueryClient();
  const jumps = useMemo(() => new Jumps(def, question), [def, question]);
  const [seen, setSeen] = useState({ question, first: 0, last: 0 });
  const { first, last } = seen.question === question ? seen : { first: 0, last: 0 };
  const known = useRef<number | undefined>(total);
  known.current = total;
  const numbers = Array.from({ length: last - first + 1 }, (_, n) => first + n);
  const pages = useQueries({
    queries: numbers.map((number) => ({
      queryKey: [...pagesKey(def), question, number],
      queryFn: async ({ signal }: { signal: AbortSignal }): Promise<Rows> => {
        const rows = await jumps.page(number, known.current, signal);
        forgetOthers(client, def);
        return rows;
      },
      gcTime: 60_000,
    })),
  });
  const reached = useRef({ question, rows: 0 });
  if (reached.current.question !== question) reached.current = { question, rows: 0 };
  const rows = new Map(pages.flatMap((page, n) => (page.data ? [[first + n, page.data] as const] : [])));
  let end: number | undefined;
  for (const [number, page] of rows) {
    const behind = number * PAGE + page.data.length;
    if (!page.hasMore && page.data.length > 0) end = behind;
    if (number === 0 && page.data.length === 0) end = 0;
    reached.current.rows = Math.max(reached.current.rows, behind + (page.hasMore ? 1 : 0));
  }
  const most = jumps.isEven ? Number.POSITIVE_INFINITY : REACH;
  let count = end ?? Math.min(most, Math.max(total ?? 0, reached.current.rows));

  // Another question: what is there stays until its first rows have come.
  const before = useRef<{ def: ObjectDef; rows: Map<number, Rows>; count: number } | null>(null);
  const isPending = rows.size === 0 && pages.some((page) => page.isPending && !page.isError);
  const shown = isPending && before.current?.def === def && first === 0 ? before.current : { def, rows, count };
  if (!isPending) before.current = shown;
  count = shown.count;

  const look = useCallback(
    (from: number, to: number) => {
      const a = Math.max(0, Math.floor((from - AHEAD) / PAGE));
      const b = Math.max(a, Math.floor((to + AHEAD) / PAGE));
      setSeen((now) =>
        now.question === question && now.first === a && now.last === b ? now : { question, first: a, last: b },
      );
    },
    [question],
  );
  const atRest = useRested(look);
  const reload = useCallback(() => {
    jumps.forget();
    void client.invalidateQueries({ queryKey: pagesKey(def) });
    void client.invalidateQueries({ queryKey: ['totals', def.name] });
  }, [client, def, jumps]);
  return {
    at: (index) => shown.rows.get(Math.floor(index / PAGE))?.data[index % PAGE],
    loaded: [...shown.rows.values()].flatMap((page) => page.data),
    count,
    isLoading: isPending,
    isFetching: pages.some((page) => page.isFetching),
    error: pages.find((page) => page.error)?.error ?? null,
    look: atRest,
    reload,
  };
}

/** The first call is made at once, those that follow closely when they have come to rest. */
function useRested(look: (first: number, last: number) => void) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const made = useRef(0);
  return useCallback(
    (first: number, last: number) => {
      clearTimeout(timer.current);
      const now = performance.now();
      const isCalm = now - made.current > RESTS_MS;
      made.current = now;
      if (isCalm) look(first, last);
      else timer.current = setTimeout(() => look(first, last), RESTS_MS);
    },
    [look],
  );
}

/** Pages out of sight beyond those that are kept. */
function forgetOthers(client: QueryClient, def: ObjectDef): void {
  const cache = client.getQueryCache();
  const unseen = cache.findAll({ queryKey: pagesKey(def), type: 'inactive' });
  unseen.sort((a, b) => b.state.dataUpdatedAt - a.state.dataUpdatedAt);
  for (const query of unseen.slice(KEPT)) cache.remove(query);
}
