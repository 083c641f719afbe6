import { useState } from 'react';
import { same, valueAt } from '~/api/record';
import { FieldInput } from '~/fields/input';
import type { CellProps } from './cell';

/** Types whose editor says the value with one choice. */
const CHOSEN = new Set(['enum', 'reference', 'country', 'currency', 'bool']);

/** The input of a value in a row: saved with Enter or by leaving it, given up with Escape. */
export default function Editor({ field, row, onSave, onCancel }: Omit<CellProps, 'isEditing'>) {
  const before = valueAt(row, field.path) ?? null;
  const [value, setValue] = useState<unknown>(before);
  const isChosen = CHOSEN.has(field.type);
  const done = (next: unknown) => (same(next, before) ? onCancel() : onSave(next));
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: catches keys and focus of the input inside
    <div
      className="cell-editor"
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Escape') onCancel();
        if (event.key === 'Enter' && !isChosen) {
          event.preventDefault();
          done(value);
        }
      }}
      onBlur={(event) => {
        if (event.currentTarget.contains(event.relatedTarget)) return;
        if (isChosen) onCancel();
        else done(value);
      }}
    >
      <FieldInput
        bare
        autoFocus
        field={field}
        value={value}
        onChange={(next) => {
          setValue(next);
          if (isChosen) done(next);
        }}
      />
    </div>
  );
}
