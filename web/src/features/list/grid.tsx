import { Checkbox } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type FieldDef, may, type ObjectDef } from '~/api/catalog';
import type { Row } from '~/api/record';
import { usePreferences } from '~/app/preferences';
import { useNames } from '~/ui/names';
import { isEditable } from './cell';
import './grid.css';
import { GridRow, type RowDoors } from './grid-row';
import { Heading } from './heading';
import type { ListRows } from './rows';
import { useWidths } from './saved';
import type { Selection } from './selection';
import { defaultWidth } from './view';
import { useRowWindow } from './window';

interface Props {
  def: ObjectDef;
  columns: FieldDef[];
  rows: ListRows;
  /** What the list answers: another begins at its first row. */
  question: unknown;
  sort?: string;
  selection: Selection;
  totals?: React.ReactNode;
  onSort: (sort: string | undefined) => void;
  /** Told when somebody begins to move among the rows. */
  onEnter: () => void;
  onEdit: (row: Row, field: FieldDef, value: unknown) => void;
}

const CHECK = 40;
/** What the heading, and the totals below, hide of the rows. */
const HEAD = 36;
const FOOT = 36;

/** The table: virtual rows, one active cell that the arrow keys move (WAI-ARIA grid pattern). */
export function Grid({ def, columns, rows, question, sort, selection, totals, onSort, onEnter, onEdit }: Props) {
  const { t } = useTranslation();
  const names = useNames();
  const navigate = useNavigate();
  const { density } = usePreferences();
  const widths = useWidths(def.name);
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState({ r: 0, c: 0 });
  const [editing, setEditing] = useState<{ id: string; path: string } | null>(null);
  const height = density === 'compact' ? 30 : 38;
  const { count, look } = rows;
  const { first, last, shift, tall, goTo, reveal } = useRowWindow(box, count, height);
  useEffect(() => look(first, Math.min(last, Math.max(0, count - 1))), [look, first, last, count]);
  const asked = useRef(question);
  useEffect(() => {
    if (asked.current === question) return;
    asked.current = question;
    goTo(0);
  }, [question, goTo]);

  const widthOf = (field: FieldDef) => widths[field.path] ?? defaultWidth(field, field.path === def.name_field);
  const template = `${CHECK}px ${columns.map((field) => `${widthOf(field)}px`).join(' ')}`;
  const whole = CHECK + columns.reduce((sum, field) => sum + widthOf(field), 0);

  const focusCell = (r: number, c: number) => {
    setActive({ r, c });
    reveal(r, HEAD, FOOT);
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-cell="${r}:${c}"]`)?.focus());
  };
  const now = useRef({ focusCell, onEdit, toggle: selection.toggle });
  now.current = { focusCell, onEdit, toggle: selection.toggle };
  const doors = useMemo<RowDoors>(
    () => ({
      toggle: (id) => now.current.toggle(id),
      activate: (r, c) => setActive((at) => (at.r === r && at.c === c ? at : { r, c })),
      edit: (row, field) => setEditing({ id: row.id, path: field.path }),
      leave: (r, c) => {
        setEditing(null);
        now.current.focusCell(r, c);
      },
      save: (row, field, value, r, c) => {
        setEditing(null);
        now.current.onEdit(row, field, value);
        now.current.focusCell(r, c);
      },
    }),
    [],
  );

  const onKeyDown = (event: KeyboardEvent) => {
    if (editing) return;
    const { r, c } = active;
    const row = rows.at(r);
    const field = columns[c];
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 400) / height) - 2);
    const moves: Record<string, [number, number]> = {
      ArrowDown: [r + 1, c],
      ArrowUp: [r - 1, c],
      ArrowRight: [r, c + 1],
      ArrowLeft: [r, c - 1],
      PageDown: [r + page, c],
      PageUp: [r - page, c],
      Home: [event.ctrlKey ? 0 : r, 0],
      End: [event.ctrlKey ? count - 1 : r, columns.length - 1],
    };
    const to = moves[event.key];
    if (to) {
      event.preventDefault();
      focusCell(Math.max(0, Math.min(to[0], count - 1)), Math.min(Math.max(0, to[1]), columns.length - 1));
    } else if (event.key === ' ' && row) {
      event.preventDefault();
      selection.toggle(row.id);
    } else if ((event.key === 'Enter' || event.key === 'F2') && row && field) {
      if ((event.target as HTMLElement).closest('a,button,input')) return;
      event.preventDefault();
      if (event.key === 'Enter' && field.path === def.name_field)
        void navigate({ to: '/records/$plural/$id', params: { plural: def.plural, id: row.id } });
      else if (isEditable(field) && may(def, 'update')) setEditing({ id: row.id, path: field.path });
    } else if (event.key === 'o' && row) {
      void navigate({ to: '/records/$plural/$id', params: { plural: def.plural, id: row.id } });
    }
  };

  const { loaded } = rows;
  const isAll = loaded.length > 0 && loaded.every((row) => selection.has(row.id));
  return (
    <div
      ref={box}
      className="grid"
      role="grid"
      tabIndex={count === 0 ? 0 : -1}
      aria-label={names.many(def)}
      aria-rowcount={count + 1}
      aria-colcount={columns.length + 1}
      aria-multiselectable
      onKeyDown={onKeyDown}
      onFocus={onEnter}
    >
      <div className="grid-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template, width: whole }}>
        <div role="columnheader" className="grid-check">
          <Checkbox
            size="xs"
            aria-label={t('list.select_all')}
            checked={isAll}
            indeterminate={!isAll && selection.size > 0}
            onChange={() => (isAll ? selection.clear() : selection.add(loaded.map((row) => row.id)))}
          />
        </div>
        {columns.map((field) => (
          <Heading
            key={field.path}
            def={def}
            field={field}
            label={names.field(field)}
            sort={sort}
            onSort={onSort}
            width={widthOf(field)}
          />
        ))}
      </div>
      <div role="rowgroup" style={{ height: tall, width: whole, minWidth: '100%', position: 'relative' }}>
        {Array.from({ length: Math.max(0, Math.min(last, count) - first) }, (_, n) => first + n).map((index) => {
          const row = rows.at(index);
          return (
            <GridRow
              key={index}
              def={def}
              columns={columns}
              row={row}
              index={index}
              top={index * height - shift}
              height={height}
              template={template}
              isChosen={row !== undefined && selection.has(row.id)}
              active={active.r === index ? active.c : undefined}
              editing={row !== undefined && editing?.id === row.id ? editing.path : undefined}
              doors={doors}
            />
          );
        })}
      </div>
      {count === 0 && <div className="grid-none">{rows.isLoading ? t('loading') : t('list.none')}</div>}
      {totals}
    </div>
  );
}
