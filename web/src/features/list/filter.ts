/** The filter of a list as the API takes it (api.md 6), and the tree that the builder edits. */
export interface Condition {
  field: string;
  op: string;
  value?: unknown;
}

export interface Group {
  join: 'and' | 'or';
  /** What does not meet it. */
  not?: true;
  parts: (Condition | Group)[];
}

export type Filter = Record<string, unknown>;

/** Operators that take a list of values. */
export const MANY = new Set(['in', 'nin', 'between']);

export function isGroup(part: Condition | Group): part is Group {
  return 'join' in part;
}

/** Conditions that still lack a value say nothing yet. */
function isWhole(part: Condition): boolean {
  if (part.op === 'is_null') return true;
  if (MANY.has(part.op))
    return Array.isArray(part.value) && part.value.length > 0 && part.value.every((one) => one !== '' && one !== null);
  return part.value !== undefined && part.value !== null && part.value !== '';
}

/** The filter that a tree stands for; undefined when it says nothing. */
export function toFilter(group: Group | undefined): Filter | undefined {
  if (!group) return undefined;
  const parts = group.parts
    .map((part) => {
      if (isGroup(part)) return toFilter(part);
      if (!isWhole(part)) return undefined;
      return { field: part.field, op: part.op, value: part.op === 'is_null' ? (part.value ?? true) : part.value };
    })
    .filter((part) => part !== undefined);
  if (parts.length === 0) return undefined;
  const whole = parts.length === 1 ? parts[0] : { [group.join]: parts };
  return group.not ? { not: whole } : whole;
}

/** How many conditions are set, for the button. */
export function countOf(group: Group | undefined): number {
  if (!group) return 0;
  return group.parts.reduce((sum, part) => sum + (isGroup(part) ? countOf(part) : isWhole(part) ? 1 : 0), 0);
}

/** All filters together; undefined when there is none. */
export function allOf(...filters: (Filter | undefined)[]): Filter | undefined {
  const some = filters.filter((one) => one !== undefined);
  return some.length > 1 ? { and: some } : some[0];
}

/** A tree out of an address; undefined when it is none. */
export function readGroup(value: unknown, depth = 0): Group | undefined {
  if (typeof value !== 'object' || value === null || depth > 4) return undefined;
  const { join, parts, not } = value as { join?: unknown; parts?: unknown; not?: unknown };
  if ((join !== 'and' && join !== 'or') || !Array.isArray(parts)) return undefined;
  const read = parts.slice(0, 50).flatMap((part): (Condition | Group)[] => {
    const inner = readGroup(part, depth + 1);
    if (inner) return [inner];
    const { field, op, value: given } = (part ?? {}) as Condition;
    return typeof field === 'string' && typeof op === 'string' ? [{ field, op, value: given }] : [];
  });
  return not === true ? { join, not, parts: read } : { join, parts: read };
}
