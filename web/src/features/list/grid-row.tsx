import i18next from 'i18next';
import { memo } from 'react';
import { type FieldDef, may, type ObjectDef } from '~/api/catalog';
import { type Row, titleOf } from '~/api/record';
import { RecordLink } from '~/fields/show';
import { Cell, isEditable } from './cell';

interface Props {
  def: ObjectDef;
  columns: FieldDef[];
  row: Row | undefined;
  index: number;
  /** Pixels from the top of the rows. */
  top: number;
  height: number;
  template: string;
  isChosen: boolean;
  /** The column of the active cell, when it is in this row. */
  active: number | undefined;
  /** The path of the field that is edited here. */
  editing: string | undefined;
  doors: RowDoors;
}

/** What a row tells the table; the same object for as long as the table lives. */
export interface RowDoors {
  toggle: (id: string) => void;
  activate: (r: number, c: number) => void;
  edit: (row: Row, field: FieldDef) => void;
  leave: (r: number, c: number) => void;
  save: (row: Row, field: FieldDef, value: unknown, r: number, c: number) => void;
}

/** One row. It is drawn anew only when something in it is another: keys move through a list without drawing the others. */
export const GridRow = memo(function GridRow(props: Props) {
  const { def, columns, row, index, top, height, template, isChosen, active, editing, doors } = props;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      aria-busy={row === undefined || undefined}
      className="grid-row"
      style={{ gridTemplateColumns: template, height, transform: `translateY(${top}px)` }}
    >
      <div role="gridcell" className="grid-check">
        {row && (
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={i18next.t('list.select', { name: titleOf(def, row) })}
            checked={isChosen}
            onChange={() => doors.toggle(row.id)}
          />
        )}
      </div>
      {columns.map((field, c) => {
        const isEditing = row !== undefined && editing === field.path;
        return (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys of all its cells
          <div
            key={field.path}
            role="gridcell"
            data-cell={`${index}:${c}`}
            tabIndex={active === c ? 0 : -1}
            className={`grid-cell${isNumeric(field) ? ' is-number' : ''}${isEditing ? ' is-editing' : ''}`}
            onFocus={(event) => event.target === event.currentTarget && doors.activate(index, c)}
            onClick={() => doors.activate(index, c)}
            onDoubleClick={() => row && isEditable(field) && may(def, 'update') && doors.edit(row, field)}
          >
            {row === undefined ? (
              <span className="grid-wait" />
            ) : field.path === def.name_field && !isEditing ? (
              <RecordLink object={def.name} id={row.id} title={titleOf(def, row)} />
            ) : (
              <Cell
                field={field}
                row={row}
                isEditing={isEditing}
                onCancel={() => doors.leave(index, c)}
                onSave={(value) => doors.save(row, field, value, index, c)}
              />
            )}
          </div>
        );
      })}
    </div>
  );
});

export function isNumeric(field: FieldDef): boolean {
  return ['money', 'integer', 'decimal'].includes(field.type);
}
