import type { TFunction } from 'i18next';
import { createContext, useContext } from 'react';
import type { FieldDef, ObjectDef } from '~/api/catalog';

/** `price_books` as "Price books". */
export function humanised(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What objects, fields and values are called in a language; the catalog's own words where it has none. */
export function namesOf(t: TFunction) {
  return {
    one: (def: ObjectDef) => t(`objects.${def.name}.one`, { defaultValue: def.label }),
    many: (def: ObjectDef) => t(`objects.${def.name}.many`, { defaultValue: humanised(def.plural) }),
    field: (field: FieldDef) => t(`fields.${field.name}`, { defaultValue: field.label }),
    value: (value: string) => t(`values.${value}`, { defaultValue: humanised(value) }),
    action: (name: string) => t(`actions.${name}`, { defaultValue: humanised(name) }),
    operator: (name: string) => t(`operators.${name}`, { defaultValue: humanised(name) }),
  };
}

export type Names = ReturnType<typeof namesOf>;

/** The names in the reader's language, from what stands around every page. */
export const NamesContext = createContext<Names>(namesOf(((key: string) => key) as TFunction));

export function useNames(): Names {
  return useContext(NamesContext);
}
