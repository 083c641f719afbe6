import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { type Catalog, type ObjectDef, useCatalog } from './catalog';
import { ask } from './client';
import { type Row, titleOf } from './record';

/**
 * Names of records by their ids. All that a page asks for within a moment is one question per object, so that a page
 * with forty references does not make forty requests.
 */
interface Waiting {
  id: string;
  tell: (title: string | null) => void;
  fail: (error: unknown) => void;
}

const waiting = new Map<string, Waiting[]>();
const WAIT_MS = 12;
const MOST = 200;

function titleLater(def: ObjectDef, id: string): Promise<string | null> {
  return new Promise((tell, fail) => {
    const queue = waiting.get(def.name);
    if (queue) {
      queue.push({ id, tell, fail });
      return;
    }
    waiting.set(def.name, [{ id, tell, fail }]);
    setTimeout(() => void resolve(def), WAIT_MS);
  });
}

async function resolve(def: ObjectDef): Promise<void> {
  const all = waiting.get(def.name) ?? [];
  waiting.delete(def.name);
  for (let at = 0; at < all.length; at += MOST) {
    const some = all.slice(at, at + MOST);
    try {
      const ids = [...new Set(some.map((one) => one.id))];
      const fields = def.name_field === 'id' ? undefined : [def.name_field];
      const body = { filter: { field: 'id', op: 'in', value: ids }, fields, limit: ids.length };
      const rows = await ask<Row[]>('POST', `/v1/${def.plural}/search`, body);
      const titles = new Map(rows.map((row) => [row.id, titleOf(def, row)]));
      for (const one of some) one.tell(titles.get(one.id) ?? null);
    } catch (error) {
      for (const one of some) one.fail(error);
    }
  }
}

/** The object of a reference that may point to any. */
export function targetOf(catalog: Catalog, object: string | undefined): ObjectDef | undefined {
  const def = catalog.find(object);
  return def?.allows.includes('read') ? def : undefined;
}

/** What the record of an object is called; null when it is gone or out of reach. */
export function useTitle(object: string | undefined, id: string | null | undefined) {
  const def = targetOf(useCatalog(), object);
  return useQuery({
    queryKey: ['title', object, id],
    queryFn: () => (def && id ? titleLater(def, id) : null),
    enabled: def !== undefined && Boolean(id),
    staleTime: 300_000,
    retry: false,
  });
}

/** What the records of several references are called, by id; those that are gone or out of reach are not there. */
export function useTitles(wanted: { object: string; id: string }[]): Map<string, string> {
  const catalog = useCatalog();
  return useQueries({
    queries: wanted.map(({ object, id }) => {
      const def = targetOf(catalog, object);
      return {
        queryKey: ['title', object, id],
        queryFn: () => (def ? titleLater(def, id) : null),
        enabled: def !== undefined,
        staleTime: 300_000,
        retry: false,
      };
    }),
    combine: (all) => new Map(all.flatMap(({ data }, at) => (data && wanted[at] ? [[wanted[at].id, data]] : []))),
  });
}

/** Tells the names of records that came along with others. */
export function useKnownTitles() {
  const client = useQueryClient();
  return (object: string, id: string, title: string) => client.setQueryData(['title', object, id], title);
}
