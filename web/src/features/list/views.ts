import { type QueryClient, queryOptions, useQuery } from '@tanstack/react-query';
import { type Catalog, type FieldDef, may, type ObjectDef, useCatalog } from '~/api/catalog';
import { ask } from '~/api/client';
import type { Row } from '~/api/record';
import { toGroup } from './conditions';
import { type Filter, toFilter } from './filter';
import { columnsOf, type View } from './view';

/** What a view keeps, as the API has it. */
export interface Definition {
  columns?: { field: string; width?: number }[];
  filter?: Filter;
  q?: string;
  sort?: string[];
  /** The columns of a board. */
  group_by?: string;
  /** Where records stand in a calendar. */
  date_field?: string;
  end_field?: string;
  deleted?: boolean;
}

export type ViewKind = 'list' | 'board' | 'calendar';

export interface SavedView extends Row {
  name: string;
  target_object: string;
  kind: ViewKind;
  definition: Definition | null;
  shared: boolean;
  owner_id: string | null;
}

export interface DefaultView extends Row {
  saved_view_id: string;
  target_object: string;
  saved_view?: SavedView | null;
}

/** Whether the server keeps views. */
export function keepsViews(catalog: Catalog): boolean {
  return may(catalog.find('saved_view'), 'read');
}

/** The lists, boards and calendars of an object that somebody has given a name, and that the caller may see. */
export function viewsQuery(object: string) {
  const params = `filter[target_object]=${object}&sort=name&limit=500`;
  return queryOptions({
    queryKey: ['related', 'saved_view', object],
    queryFn: () => ask<SavedView[]>('GET', `/v1/saved_views?${params}`),
    staleTime: 60_000,
  });
}

/** Which view the caller's lists open with. */
export const defaultsQuery = queryOptions({
  queryKey: ['related', 'default_view', 'own'],
  queryFn: () => ask<DefaultView[]>('GET', '/v1/default_views?expand=saved_view&limit=500'),
  staleTime: 300_000,
  retry: false,
});

/** What a list is to show for a view. Columns that are gone are passed over; conditions without a form are left out. */
export function viewOf(saved: SavedView): View {
  const { columns, filter, q, sort, deleted } = saved.definition ?? {};
  const cols = columns?.map((column) => column.field);
  const group = toGroup(filter);
  return {
    saved: saved.id,
    q,
    filter: group && group.parts.length > 0 ? group : undefined,
    sort: sort?.[0],
    cols: cols && cols.length > 0 ? cols : undefined,
    bin: deleted || undefined,
  };
}

/** What is kept of a list that is shown. */
export function definitionOf(view: View, columns: FieldDef[], widths: Record<string, number>): Definition {
  return {
    columns: columns.map(({ path }) => (widths[path] ? { field: path, width: widths[path] } : { field: path })),
    filter: toFilter(view.filter),
    q: view.q,
    sort: view.sort ? [view.sort] : undefined,
    deleted: view.bin,
  };
}

/** Whether an address names an object and nothing else. */
export function isPlain(view: View): boolean {
  return !view.saved && !view.q && !view.filter && !view.sort && !view.cols && !view.bin;
}

/**
 * The view that an address stands for without saying it: the caller's own choice for an object, or what a link to a
 * saved view means. `undefined` while it is asked for, null when there is none.
 */
export function useMeant(def: ObjectDef, view: View): SavedView | null | undefined {
  const catalog = useCatalog();
  const keeps = keepsViews(catalog);
  const isNamed = view.saved !== undefined && view.saved !== ALL && isPlain({ ...view, saved: undefined });
  const defaults = useQuery({ ...defaultsQuery, enabled: keeps && isPlain(view) });
  const named = useQuery({
    queryKey: ['record', 'saved_view', view.saved],
    queryFn: () => ask<SavedView>('GET', `/v1/saved_views/${view.saved}`),
    enabled: keeps && isNamed,
    retry: false,
  });
  if (!keeps) return null;
  if (isNamed) return named.isPending ? undefined : (named.data ?? null);
  if (!isPlain(view)) return null;
  if (defaults.isPending) return undefined;
  return defaults.data?.find((one) => one.target_object === def.name)?.saved_view ?? null;
}

/** In the place of a view's id: everything, also where the list opens with a view otherwise. */
export const ALL = 'all';

/** What older releases kept in this browser, by object. */
const OLD = 'kontor.views.';

/** Moves the views that this browser has kept to the server, once; what is refused stays where it is. */
export async function moveOver(client: QueryClient, def: ObjectDef, kept: SavedView[]): Promise<void> {
  const old = localStorage.getItem(OLD + def.name);
  if (!old) return;
  localStorage.removeItem(OLD + def.name);
  const names = new Set(kept.map((one) => one.name));
  const left: { name: string; view: View }[] = [];
  for (const one of JSON.parse(old) as { name: string; view: View }[]) {
    if (names.has(one.name)) continue;
    const definition = definitionOf(one.view, one.view.cols ? columnsOf(def, one.view) : [], {});
    try {
      await ask('POST', '/v1/saved_views', { name: one.name, target_object: def.name, kind: 'list', definition });
    } catch {
      left.push(one);
    }
  }
  if (left.length > 0) localStorage.setItem(OLD + def.name, JSON.stringify(left));
  await client.invalidateQueries({ queryKey: viewsQuery(def.name).queryKey });
}
