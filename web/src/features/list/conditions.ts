import type { Condition, Filter, Group } from './filter';

function isCondition(value: unknown): value is Condition {
  const { field, op } = (value ?? {}) as Condition;
  return typeof field === 'string' && (op === undefined || typeof op === 'string');
}

/**
 * The tree that the builder edits, out of a filter; undefined for what the builder has no form for, such as
 * another segment as a condition. An operator that is not said is `eq`.
 */
export function toGroup(filter: unknown): Group | undefined {
  if (filter === null || filter === undefined) return { join: 'and', parts: [] };
  const part = toPart(filter as Filter);
  if (!part) return undefined;
  return 'join' in part ? part : { join: 'and', parts: [part] };
}

function toPart(filter: Filter): Condition | Group | undefined {
  if (isCondition(filter)) return { field: filter.field, op: filter.op ?? 'eq', value: filter.value };
  for (const join of ['and', 'or'] as const) {
    const list = (filter as Record<string, unknown>)[join];
    if (!Array.isArray(list) || Object.keys(filter).length !== 1) continue;
    const parts = list.map((one) => toPart((one ?? {}) as Filter));
    return parts.some((one) => one === undefined) ? undefined : { join, parts: parts as (Condition | Group)[] };
  }
  return Object.keys(filter).length === 1 && 'not' in filter ? negated((filter.not ?? {}) as Filter) : undefined;
}

function negated(filter: Filter): Group | undefined {
  const part = toPart(filter);
  if (!part) return undefined;
  return 'join' in part && !part.not ? { ...part, not: true } : { join: 'and', not: true, parts: [part] };
}
