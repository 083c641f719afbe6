import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { refresh } from '~/features/list/bulk';
import { type ActionDef, fields, type ObjectDef } from './catalog';
import { api, ask } from './client';
import { type Row, relationOf } from './record';

const MOST_EXPANDED = 10;

/** References that a record's page shows, whose names come along with it. */
function expanded(def: ObjectDef): string {
  const references = fields(def).filter((field) => field.type === 'reference');
  return references
    .map(relationOf)
    .filter((name) => name !== 'updated_by')
    .slice(0, MOST_EXPANDED)
    .join(',');
}

/** One record with the names of what it refers to, and its lines. */
export function recordQuery(def: ObjectDef, id: string) {
  const expand = expanded(def);
  return queryOptions({
    queryKey: ['record', def.name, id],
    queryFn: () => ask<Row>('GET', `/v1/${def.plural}/${id}${expand ? `?expand=${expand}` : ''}`),
  });
}

/** Asks everything anew that may show a record after it was changed. */
export function useRefresh(def: ObjectDef) {
  const client = useQueryClient();
  return (id?: string) => {
    refresh(client, def);
    if (id)
      for (const key of ['timeline', 'history', 'comments'])
        void client.invalidateQueries({ queryKey: [key, def.name, id] });
  };
}

/** Changes a record; refused with 412 when somebody else was quicker. */
export function usePatch(def: ObjectDef) {
  const again = useRefresh(def);
  return useMutation({
    meta: { handled: true },
    mutationFn: ({ row, patch, version }: { row: Row; patch: Record<string, unknown>; version?: number }) => {
      const seen = version ?? row.version;
      return api<Row>('PATCH', `/v1/${def.plural}/${row.id}`, {
        body: patch,
        headers: seen === undefined ? undefined : { 'if-match': `"${seen}"` },
      });
    },
    onSuccess: (_answer, { row }) => again(row.id),
  });
}

/** Does one of the object's actions. */
export function useAction(def: ObjectDef) {
  const again = useRefresh(def);
  const client = useQueryClient();
  return useMutation({
    meta: { handled: true },
    mutationFn: ({ row, action, input }: { row: Row; action: ActionDef; input: Record<string, unknown> }) =>
      ask<Record<string, unknown>>('POST', `/v1/${def.plural}/${row.id}/${action.name}`, input, {
        'idempotency-key': crypto.randomUUID(),
      }),
    onSuccess: (_answer, { row }) => {
      again(row.id);
      void client.invalidateQueries({ queryKey: ['related'] });
    },
  });
}

export function useDelete(def: ObjectDef) {
  const again = useRefresh(def);
  return useMutation({
    mutationFn: (id: string) => ask('DELETE', `/v1/${def.plural}/${id}`),
    onSuccess: () => again(),
  });
}
