import { type FieldDef, fields, type ObjectDef } from '~/api/catalog';
import { isInRoom } from './rooms';

export interface FieldGroup {
  name: 'main' | 'people' | 'money' | 'dates' | 'address' | 'custom' | 'system';
  fields: FieldDef[];
}

/** Shown elsewhere on the page, or of no use to people. */
const NOT_SHOWN = new Set([
  'id',
  'version',
  'phone_original',
  'mobile_phone_original',
  'mobile_e164',
  'score_reasons',
  'tax_lines',
  'as_issued',
  'as_sent',
  'sent_to',
  'pauses',
  'related_to_object',
]);
const SYSTEM = new Set(['created_at', 'updated_at', 'created_by', 'updated_by', 'external_id']);

function groupOf(def: ObjectDef, field: FieldDef): FieldGroup['name'] {
  if (SYSTEM.has(field.path)) return 'system';
  if (field.custom && !def.custom) return 'custom';
  if (/^(billing|shipping)_/.test(field.path)) return 'address';
  if (field.type === 'money' || field.type === 'currency' || field.name === 'probability') return 'money';
  if (field.type === 'date' || field.type === 'datetime') return 'dates';
  if (field.type === 'reference') return 'people';
  return 'main';
}

const ORDER: FieldGroup['name'][] = ['main', 'people', 'money', 'dates', 'address', 'custom', 'system'];

/** The fields of a record in groups, in the order that the definition has them. */
export function groupsOf(def: ObjectDef): FieldGroup[] {
  const groups = new Map<FieldGroup['name'], FieldDef[]>();
  for (const field of fields(def)) {
    if (NOT_SHOWN.has(field.path) || isInRoom(def.name, field.path)) continue;
    const name = groupOf(def, field);
    groups.set(name, [...(groups.get(name) ?? []), field]);
  }
  return ORDER.flatMap((name) => {
    const some = groups.get(name);
    return some ? [{ name, fields: some }] : [];
  });
}
