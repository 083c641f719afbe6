import { type FieldDef, fields, type ObjectDef, SYSTEM } from '~/api/catalog';

/** Dates that people plan by come first. */
const FIRST = ['due_at', 'start_at', 'expected_close_date', 'due_date', 'valid_until', 'close_date', 'issue_date'];

/** Dates that records can stand at in a calendar; when they were made or changed is asked for by name only. */
export function dateFields(def: ObjectDef): FieldDef[] {
  const rank = (field: FieldDef) => {
    const at = FIRST.indexOf(field.path);
    return at < 0 ? FIRST.length : at;
  };
  return fields(def)
    .filter((field) => isDate(field) && !SYSTEM.has(field.path))
    .sort((a, b) => rank(a) - rank(b));
}

export function isDate(field: FieldDef): boolean {
  return field.type === 'date' || field.type === 'datetime';
}
