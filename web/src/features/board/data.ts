import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { type FieldDef, field as findField, type ObjectDef } from '~/api/catalog';
import { type Answer, api, ask } from '~/api/client';
import { type Row, relationOf, titleOf } from '~/api/record';
import { allOf, type Condition, type Filter } from '~/features/list/filter';
import type { Column } from './moves';

/** Cards of a column that are fetched at once; the rest is in the list. */
export const MOST = 50;

export interface Stage extends Row {
  name: string;
  kind: 'open' | 'won' | 'lost';
  position: number;
  rotting_days: number | null;
}

export const pipelinesQuery = queryOptions({
  queryKey: ['related', 'pipeline', 'board'],
  queryFn: () => ask<Row[]>('GET', '/v1/pipelines?limit=100&sort=position'),
  staleTime: 300_000,
});

export function stagesQuery(pipeline: string | undefined) {
  return queryOptions({
    queryKey: ['related', 'stage', pipeline],
    queryFn: () => ask<Stage[]>('GET', `/v1/stages?limit=100&sort=position&filter[pipeline_id]=${pipeline}`),
    enabled: pipeline !== undefined,
    staleTime: 300_000,
  });
}

/** The value that records of a column have. */
export function columnValue(by: FieldDef, key: string): unknown {
  if (key === '') return null;
  return by.type === 'bool' ? key === 'true' : key;
}

export function inColumn(by: FieldDef, column: Column): Condition {
  return column.key
    ? { field: by.path, op: 'eq', value: columnValue(by, column.key) }
    : { field: by.path, op: 'is_null', value: true };
}

/** Which records a board shows. */
export interface Only {
  filter?: Filter;
  q?: string;
}

/** Values that most records have become the columns of a board by a reference. */
const MOST_COLUMNS = 12;

/** The records that a reference points to most, as columns. */
export function referredQuery(def: ObjectDef, by: FieldDef, target: ObjectDef, only: Only) {
  const body = {
    ...only,
    group_by: [by.path],
    measures: [{ fn: 'count', as: 'n' }],
    sort: ['-n'],
    limit: MOST_COLUMNS,
  };
  return queryOptions({
    queryKey: ['board', def.name, 'columns', body],
    queryFn: async (): Promise<Column[]> => {
      const groups = await ask<Record<string, string | null>[]>('POST', `/v1/${def.plural}/aggregate`, body);
      const ids = groups.flatMap((group) => group[by.path] ?? []);
      const filter = { field: 'id', op: 'in', value: ids };
      const rows =
        ids.length > 0 ? await ask<Row[]>('POST', `/v1/${target.plural}/search`, { filter, limit: 100 }) : [];
      const columns = rows.map((row) => ({ key: row.id, label: titleOf(target, row) }));
      return columns.sort((a, b) => a.label.localeCompare(b.label));
    },
    placeholderData: keepPreviousData,
  });
}

/** The cards of one column, the most recent first. */
export function cardsQuery(def: ObjectDef, by: FieldDef, column: Column, only: Only) {
  const expand = ['company_id', 'owner_id', 'contact_id', 'assignee_id']
    .flatMap((path) => findField(def, path) ?? [])
    .map(relationOf);
  return queryOptions({
    queryKey: ['board', def.name, 'cards', by.path, column.key, only],
    queryFn: () =>
      api<Row[]>('POST', `/v1/${def.plural}/search`, {
        body: {
          filter: allOf({ ...inColumn(by, column) }, only.filter),
          q: only.q,
          sort: ['-updated_at'],
          limit: MOST,
          expand: expand.length ? expand : undefined,
        },
      }),
    placeholderData: keepPreviousData,
  });
}

export type Cards = Answer<Row[]>;

export interface Sum {
  count: number;
  amount: [string, string][];
  weighted: [string, string][];
}

/** Count, amount and weighted amount of every column, currency by currency, in one question. */
export function sumsQuery(def: ObjectDef, by: FieldDef, only: Only) {
  const amount =
    ['amount', 'total', 'amount_due'].find((path) => findField(def, path)) ??
    def.fields.find((field) => field.type === 'money' && !field.retired)?.path;
  const weighted = findField(def, 'weighted_amount')?.path;
  const hasCurrency = Boolean(amount && findField(def, 'currency'));
  const body = {
    ...only,
    group_by: hasCurrency ? [by.path, 'currency'] : [by.path],
    measures: [
      { fn: 'count', as: 'n' },
      ...(amount ? [{ fn: 'sum', field: amount, as: 'amount_sum' }] : []),
      ...(weighted ? [{ fn: 'sum', field: weighted, as: 'weighted_sum' }] : []),
    ],
    limit: 1000,
  };
  return queryOptions({
    queryKey: ['board', def.name, 'sums', body],
    queryFn: async () => {
      const rows = await ask<Record<string, string | number | null>[]>('POST', `/v1/${def.plural}/aggregate`, body);
      const sums = new Map<string, Sum>();
      for (const row of rows) {
        const key = String(row[by.path] ?? '');
        const sum = sums.get(key) ?? { count: 0, amount: [], weighted: [] };
        sum.count += Number(row.n ?? 0);
        const currency = String(row.currency ?? '');
        if (row.amount_sum) sum.amount.push([String(row.amount_sum), currency]);
        if (row.weighted_sum) sum.weighted.push([String(row.weighted_sum), currency]);
        sums.set(key, sum);
      }
      return sums;
    },
    placeholderData: keepPreviousData,
  });
}
