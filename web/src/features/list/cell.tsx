import { lazy, Suspense } from 'react';
import type { FieldDef } from '~/api/catalog';
import type { Row } from '~/api/record';
import { Value } from '~/fields/show';

/** Types that are edited on the record's own page, not in a row. */
const NOT_HERE = new Set(['json', 'long_text', 'any_reference']);

export function isEditable(field: FieldDef): boolean {
  return !field.read_only && !NOT_HERE.has(field.type);
}

const Editor = lazy(() => import('./cell-editor'));

export interface CellProps {
  field: FieldDef;
  row: Row;
  isEditing: boolean;
  onSave: (value: unknown) => void;
  onCancel: () => void;
}

/** A value in a row; an input while it is edited. */
export function Cell({ field, row, isEditing, onSave, onCancel }: CellProps) {
  if (!isEditing) return <Value field={field} row={row} />;
  return (
    <Suspense>
      <Editor field={field} row={row} onSave={onSave} onCancel={onCancel} />
    </Suspense>
  );
}
