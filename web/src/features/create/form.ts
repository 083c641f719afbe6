import { type FieldDef, fields, type ObjectDef, SYSTEM } from '~/api/catalog';

/** Fields that people fill in when something begins, in the order that they think of them. */
const FIRST = [
  'first_name',
  'last_name',
  'name',
  'subject',
  'number',
  'company_name',
  'company_id',
  'contact_id',
  'customer_id',
  'email',
  'phone',
  'mobile',
  'title',
  'customer_type',
  'stage_id',
  'amount',
  'currency',
  'expected_close_date',
  'due_at',
  'start_at',
  'end_at',
  'due_date',
  'valid_until',
  'priority',
  'status',
  'description',
  'body',
  'sku',
  'price',
  'website',
  'city',
  'country',
  'target_object',
  'related_to_object',
  'related_to_id',
];
const MOST_FIRST = 9;
/** Read and written by other ways than a form. */
const NOT_ASKED = new Set(['external_id', 'lines']);

export interface FormFields {
  first: FieldDef[];
  more: FieldDef[];
}

/** What a form asks: required fields and the usual ones first, the rest when they are wanted. */
export function formFields(def: ObjectDef): FormFields {
  const all = fields(def).filter((field) => !field.read_only && !SYSTEM.has(field.path) && field.path !== 'custom');
  const rank = (field: FieldDef) => {
    const at = FIRST.indexOf(field.path);
    return at < 0 ? FIRST.length + (field.required ? 0 : 1) : at;
  };
  const asked = all.filter((field) => !NOT_ASKED.has(field.path)).sort((a, b) => rank(a) - rank(b));
  const isFirst = (field: FieldDef) =>
    field.required ||
    field.path === def.name_field ||
    FIRST.includes(field.path) ||
    ((def.custom || field.custom) && field.type !== 'json');
  const required = asked.filter((field) => field.required);
  const usual = asked
    .filter((field) => isFirst(field) && !field.required)
    .slice(0, Math.max(2, MOST_FIRST - required.length));
  const chosen = new Set([...required, ...usual].map((field) => field.path));
  return {
    first: asked.filter((field) => chosen.has(field.path)),
    more: all.filter((field) => !chosen.has(field.path)),
  };
}
