import { type FieldDef, fields, type ObjectDef } from '~/api/catalog';

/** Enums that say what is going on come first; the rest are tags that a board makes no sense of in most trades. */
const STATES = ['status', 'state', 'stage', 'kind', 'priority', 'rating', 'lifecycle_stage', 'customer_type'];

/** The field that a board's address names: any whose values can be columns, or the first of those that are offered. */
export function boardField(def: ObjectDef, path: string | undefined): FieldDef | undefined {
  const named = fields(def).find((field) => field.path === path && ['enum', 'bool', 'reference'].includes(field.type));
  return named ?? boardFields(def)[0];
}

/** Fields whose values can be the columns of a board: the stage of a pipeline, and enums. */
export function boardFields(def: ObjectDef): FieldDef[] {
  const all = fields(def);
  const stage = all.filter((field) => field.type === 'reference' && field.object === 'stage');
  const enums = all.filter(
    (field) =>
      field.type === 'enum' &&
      (field.values?.length ?? 0) <= 12 &&
      (def.custom || field.custom || STATES.includes(field.name)),
  );
  const rank = (field: FieldDef) => {
    const at = STATES.indexOf(field.name);
    return at < 0 ? STATES.length : at;
  };
  return [...stage, ...enums.sort((a, b) => rank(a) - rank(b))];
}
