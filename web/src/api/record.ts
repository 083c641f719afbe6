import type { FieldDef, ObjectDef } from './catalog';

/** A record as the API answers it. */
export interface Row {
  id: string;
  object: string;
  version?: number;
  [member: string]: unknown;
}

/** The value at a path: `name`, `custom.score`, `company.city`. */
export function valueAt(row: Record<string, unknown> | null | undefined, path: string): unknown {
  let value: unknown = row;
  for (const part of path.split('.')) {
    if (value === null || value === undefined || typeof value !== 'object') return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

/** The member that a merge patch has for a path. */
export function patchOf(path: string, value: unknown): Record<string, unknown> {
  const [first = path, ...rest] = path.split('.');
  return rest.length === 0 ? { [first]: value } : { [first]: patchOf(rest.join('.'), value) };
}

/** The patch that all values make together. */
export function patchOfAll(values: Record<string, unknown>): Record<string, unknown> {
  return Object.entries(values).reduce((whole, [path, value]) => merged(whole, patchOf(path, value)), {});
}

/** A record with a merge patch applied (RFC 7396); what is emptied stays as null. */
export function merged<T extends Record<string, unknown>>(row: T, patch: Record<string, unknown>): T {
  const out: Record<string, unknown> = { ...row };
  for (const [name, value] of Object.entries(patch)) {
    const there = out[name];
    out[name] =
      isObject(value) && isObject(there)
        ? merged(there as Record<string, unknown>, value as Record<string, unknown>)
        : value;
  }
  return out as T;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a record is called. */
export function titleOf(def: ObjectDef | undefined, row: Record<string, unknown> | null | undefined): string {
  if (!row) return '';
  const name = def && valueAt(row, def.name_field);
  return String(name || row.name || row.subject || row.number || `#${String(row.id ?? '').slice(-6)}`);
}

/** The relation of a reference field, as `expand` and longer paths call it. */
export function relationOf(field: FieldDef): string {
  return field.path.endsWith('_id') ? field.path.slice(0, -3) : field.path;
}

/** Whether two values are the same, whatever their type. Databases keep the members of JSON in an order of their own. */
export function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(ordered(a ?? null)) === JSON.stringify(ordered(b ?? null));
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (!isObject(value)) return value;
  const members = Object.entries(value as Record<string, unknown>).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, one]) => [name, ordered(one)]));
}
