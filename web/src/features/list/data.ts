import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { type FieldDef, fields, type ObjectDef } from '~/api/catalog';
import { api, ask } from '~/api/client';
import { merged, patchOf, type Row, relationOf } from '~/api/record';
import { toFilter } from './filter';
import type { Rows } from './jumps';
import type { View } from './view';

/** The most references that one question may expand (api.md 6). */
const MOST_EXPANDED = 10;

/** Which members a list asks for: its columns, and what their values need beside them. */
export function questionOf(def: ObjectDef, columns: FieldDef[], view: View) {
  const has = new Set(fields(def).map((field) => field.path));
  const beside = ['version', def.name_field, 'currency'].filter((path) => has.has(path) && path !== 'id');
  const any = columns
    .filter((field) => field.type === 'any_reference')
    .map((field) => field.path.replace(/_id$/, '_object'));
  const expand = columns
    .filter((field) => field.type === 'reference')
    .map(relationOf)
    .slice(0, MOST_EXPANDED);
  return {
    q: view.q,
    filter: toFilter(view.filter),
    sort: view.sort ? [view.sort] : undefined,
    fields: [
      ...new Set([
        ...columns.map((field) => field.path).filter((path) => path !== 'id'),
        ...beside,
        ...any.filter((path) => has.has(path)),
      ]),
    ],
    expand: expand.length > 0 ? expand : undefined,
    deleted: view.bin,
  };
}

export type Question = ReturnType<typeof questionOf>;

/** Everything that is asked for lists of an object begins with this; each page is a query of its own. */
export const pagesKey = (def: ObjectDef) => ['list', def.name, 'page'] as const;

export type Total = Record<string, string | number | null>;

/** Count and sums of everything that the list would show, not only of what has arrived. */
export function totalsQuery(def: ObjectDef, columns: FieldDef[], question: Question) {
  const summed = columns.filter((field) => field.type === 'money').map((field) => field.path);
  const isMoney = summed.length > 0 && fields(def).some((field) => field.path === 'currency');
  const body = {
    q: question.q,
    filter: question.filter,
    group_by: isMoney ? ['currency'] : [],
    measures: [{ fn: 'count', as: 'n' }, ...summed.map((path, i) => ({ fn: 'sum', field: path, as: `sum_${i}` }))],
  };
  return queryOptions({
    queryKey: ['totals', def.name, body],
    queryFn: async () => ({ rows: await ask<Total[]>('POST', `/v1/${def.plural}/aggregate`, body), summed }),
    placeholderData: keepPreviousData,
    enabled: !question.deleted,
    staleTime: 30_000,
  });
}

/** Applies a change to a row of a page, if it stands there. */
export function patchPage(page: Rows | undefined, id: string, change: (row: Row) => Row): Rows | undefined {
  if (!page?.data.some((row) => row.id === id)) return page;
  return { ...page, data: page.data.map((row) => (row.id === id ? change(row) : row)) };
}

/** Changes one field of one record: shown at once, taken back with the server's own words when it is refused. */
export function useCellEdit(def: ObjectDef) {
  const client = useQueryClient();
  const key = pagesKey(def);
  return useMutation({
    mutationFn: async ({ row, field, value }: { row: Row; field: FieldDef; value: unknown }) => {
      const headers = row.version ? { 'if-match': `"${row.version}"` } : undefined;
      return api<Row>('PATCH', `/v1/${def.plural}/${row.id}`, { body: patchOf(field.path, value), headers });
    },
    onMutate: async ({ row, field, value }) => {
      await client.cancelQueries({ queryKey: key });
      const before = client.getQueriesData<Rows>({ queryKey: key });
      const patch =
        field.type === 'reference'
          ? { ...patchOf(field.path, value), [relationOf(field)]: undefined }
          : patchOf(field.path, value);
      client.setQueriesData<Rows>({ queryKey: key }, (page) => patchPage(page, row.id, (one) => merged(one, patch)));
      return { before };
    },
    onError: (_error, _change, context) => {
      for (const [at, data] of context?.before ?? []) client.setQueryData(at, data);
    },
    onSuccess: (answer, { row }) => {
      // The server's record wins, with what it derived.
      client.setQueriesData<Rows>({ queryKey: key }, (page) =>
        patchPage(page, row.id, (one) => ({ ...one, ...answer.data })),
      );
      client.setQueryData(['record', def.name, row.id], undefined);
      void client.invalidateQueries({ queryKey: ['record', def.name, row.id] });
      void client.invalidateQueries({ queryKey: ['totals', def.name] });
    },
  });
}
