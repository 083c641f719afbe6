import { useTranslation } from 'react-i18next';
import type { FieldDef, ObjectDef } from '~/api/catalog';

/** `price_books` as "Price books". */
export function humanised(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What objects, fields and values are called in the reader's language; the catalog's own words where there are none. */
export function useNames() {
  const { t } = useTranslation();
  return {
    one: (def: ObjectDef) => t(`objects.${def.name}.one`, { defaultValue: def.label }),
    many: (def: ObjectDef) => t(`objects.${def.name}.many`, { defaultValue: humanised(def.plural) }),
    field: (field: FieldDef) => t(`fields.${field.name}`, { defaultValue: field.label }),
    value: (value: string) => t(`values.${value}`, { defaultValue: humanised(value) }),
    action: (name: string) => t(`actions.${name}`, { defaultValue: humanised(name) }),
    operator: (name: string) => t(`operators.${name}`, { defaultValue: humanised(name) }),
  };
}

export type Names = ReturnType<typeof useNames>;
