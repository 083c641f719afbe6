import { useTranslation } from 'react-i18next';
import { type Catalog, useCatalog } from '~/api/catalog';
import { useTitles } from '~/api/labels';
import { day, month } from '~/ui/format';
import { humanised, useNames } from '~/ui/names';
import type { Result } from './result';

export interface Words {
  column: (column: string) => string;
  value: (value: unknown, column: string) => string;
}

/** `company.owner_id` as `owner_id`: how a column is called where it comes from. */
const last = (column: string) => column.split('.').at(-1) ?? column;

/** The object that a column's ids are of, by the reference of that name which any object has. */
export function objectOf(catalog: Catalog, column: string): string | undefined {
  const name = last(column);
  if (!/_(id|by)$/.test(name)) return undefined;
  const named = catalog.find(name.replace(/_id$/, ''))?.name;
  return (
    named ?? catalog.objects.flatMap((def) => def.fields).find((field) => field.path === name && field.object)?.object
  );
}

const isId = (value: unknown): value is string => typeof value === 'string' && /^\d{10,}$/.test(value);

/** What the columns and values of a result are called: records by their names, months as months. */
export function useWords(result: Result): Words {
  const { t } = useTranslation();
  const names = useNames();
  const catalog = useCatalog();
  const wanted = result.columns.flatMap((column) => {
    const object = objectOf(catalog, column);
    const ids = object ? new Set(result.rows.map((row) => row[column]).filter(isId)) : [];
    return [...ids].map((id) => ({ object: object ?? '', id }));
  });
  const titles = useTitles(wanted);
  const months = new Set(
    result.columns.filter((column) => {
      const dates = result.rows.map((row) => row[column]).filter((value) => value !== null && value !== undefined);
      return dates.length > 0 && dates.every((value) => /^\d{4}-\d{2}-01$/.test(String(value)));
    }),
  );
  return {
    column: (column) => {
      const name = last(column);
      const stem = name.replace(/_id$/, '');
      const field = t(`fields.${stem}`, { defaultValue: humanised(stem) });
      return t(`report.columns.${name}`, { defaultValue: field });
    },
    value: (value, column) => {
      if (value === null || value === undefined) return t('report.nothing');
      const text = String(value);
      if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return months.has(column) ? month(text) : day(text);
      if (isId(value) && objectOf(catalog, column)) return titles.get(text) ?? `#${text.slice(-6)}`;
      return names.value(text);
    },
  };
}
