import { Checkbox, Skeleton } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type FieldDef, may, type ObjectDef } from '~/api/catalog';
import { type Row, titleOf } from '~/api/record';
import { usePreferences } from '~/app/preferences';
import { RecordLink } from '~/fields/show';
import { useNames } from '~/ui/names';
import { Cell, isEditable } from './cell';
import './grid.css';
import { setWidth, useWidths } from './saved';
import type { Selection } from './selection';
import { defaultWidth, isSortable, nextSort } from './view';

interface Props {
  def: ObjectDef;
  columns: FieldDef[];
  rows: Row[];
  hasMore: boolean;
  isLoading: boolean;
  sort?: string;
  selection: Selection;
  totals?: React.ReactNode;
  onSort: (sort: string | undefined) => void;
  onMore: () => void;
  onEdit: (row: Row, field: FieldDef, value: unknown) => void;
}

const CHECK = 40;

/** The table: virtual rows, one active cell that the arrow keys move (WAI-ARIA grid pattern). */
export function Grid({
  def,
  columns,
  rows,
  hasMore,
  isLoading,
  sort,
  selection,
  totals,
  onSort,
  onMore,
  onEdit,
}: Props) {
  const { t } = useTranslation();
  const names = useNames();
  const navigate = useNavigate();
  const { density } = usePreferences();
  const widths = useWidths(def.name);
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState({ r: 0, c: 0 });
  const [editing, setEditing] = useState<{ id: string; path: string } | null>(null);
  const height = density === 'compact' ? 30 : 38;
  const virtual = useVirtualizer({
    count: rows.length + (hasMore ? 1 : 0),
    getScrollElement: () => box.current,
    estimateSize: () => height,
    overscan: 12,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows are measured anew when their height changes
  useEffect(() => virtual.measure(), [height]);
  const items = virtual.getVirtualItems();
  const last = items[items.length - 1]?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= rows.length - 20) onMore();
  }, [hasMore, last, rows.length, onMore]);

  const widthOf = (field: FieldDef) => widths[field.path] ?? defaultWidth(field, field.path === def.name_field);
  const template = `${CHECK}px ${columns.map((field) => `${widthOf(field)}px`).join(' ')}`;
  const whole = CHECK + columns.reduce((sum, field) => sum + widthOf(field), 0);

  const focusCell = (r: number, c: number) => {
    setActive({ r, c });
    virtual.scrollToIndex(r);
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-cell="${r}:${c}"]`)?.focus());
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (editing) return;
    const { r, c } = active;
    const row = rows[r];
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
      End: [event.ctrlKey ? rows.length - 1 : r, columns.length - 1],
    };
    const to = moves[event.key];
    if (to) {
      event.preventDefault();
      focusCell(Math.min(Math.max(0, to[0]), rows.length - 1), Math.min(Math.max(0, to[1]), columns.length - 1));
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

  const isAll = rows.length > 0 && rows.every((row) => selection.has(row.id));
  return (
    <div
      ref={box}
      className="grid"
      role="grid"
      tabIndex={rows.length === 0 ? 0 : -1}
      aria-label={names.many(def)}
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      aria-colcount={columns.length + 1}
      aria-multiselectable
      onKeyDown={onKeyDown}
    >
      <div className="grid-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template, width: whole }}>
        <div role="columnheader" className="grid-check">
          <Checkbox
            size="xs"
            aria-label={t('list.select_all')}
            checked={isAll}
            indeterminate={!isAll && selection.size > 0}
            onChange={() => (isAll ? selection.clear() : selection.add(rows.map((row) => row.id)))}
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
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), width: whole, position: 'relative' }}>
        {items.map((item) => {
          const row = rows[item.index];
          const isChosen = row !== undefined && selection.has(row.id);
          return (
            <div
              key={row?.id ?? 'more'}
              role="row"
              aria-rowindex={item.index + 2}
              aria-selected={isChosen}
              className="grid-row"
              style={{ gridTemplateColumns: template, height, transform: `translateY(${item.start}px)` }}
            >
              <div role="gridcell" className="grid-check">
                {row && (
                  <Checkbox
                    size="xs"
                    tabIndex={-1}
                    aria-label={t('list.select', { name: titleOf(def, row) })}
                    checked={isChosen}
                    onChange={() => selection.toggle(row.id)}
                  />
                )}
              </div>
              {columns.map((field, c) => {
                const isActive = active.r === item.index && active.c === c;
                const isEditing = row !== undefined && editing?.id === row.id && editing.path === field.path;
                return (
                  // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys of all its cells
                  <div
                    key={field.path}
                    role="gridcell"
                    data-cell={`${item.index}:${c}`}
                    tabIndex={isActive ? 0 : -1}
                    className={`grid-cell${isNumeric(field) ? ' is-number' : ''}`}
                    onFocus={(event) => event.target === event.currentTarget && setActive({ r: item.index, c })}
                    onClick={() => setActive({ r: item.index, c })}
                    onDoubleClick={() =>
                      row && isEditable(field) && may(def, 'update') && setEditing({ id: row.id, path: field.path })
                    }
                  >
                    {row === undefined ? (
                      <Skeleton height={10} width="60%" />
                    ) : field.path === def.name_field && !isEditing ? (
                      <RecordLink object={def.name} id={row.id} title={titleOf(def, row)} />
                    ) : (
                      <Cell
                        field={field}
                        row={row}
                        isEditing={isEditing}
                        onCancel={() => {
                          setEditing(null);
                          focusCell(item.index, c);
                        }}
                        onSave={(value) => {
                          setEditing(null);
                          onEdit(row, field, value);
                          focusCell(item.index, c);
                        }}
                      />
                    )}
                  </div>
                );
              })}
            </div>
          );
        })}
      </div>
      {rows.length === 0 && <div className="grid-none">{isLoading ? t('loading') : t('list.none')}</div>}
      {totals}
    </div>
  );
}

export function isNumeric(field: FieldDef): boolean {
  return ['money', 'integer', 'decimal'].includes(field.type);
}

interface HeadingProps {
  def: ObjectDef;
  field: FieldDef;
  label: string;
  sort?: string;
  width: number;
  onSort: (sort: string | undefined) => void;
}

function Heading({ def, field, label, sort, width, onSort }: HeadingProps) {
  const { t } = useTranslation();
  const direction = sort === field.path ? 'ascending' : sort === `-${field.path}` ? 'descending' : 'none';
  return (
    <div role="columnheader" aria-sort={direction} className={`grid-cell${isNumeric(field) ? ' is-number' : ''}`}>
      {isSortable(field) ? (
        <button type="button" className="grid-sort" onClick={() => onSort(nextSort(sort, field.path))}>
          {label}
          {direction === 'ascending' && <ArrowUp size={13} aria-hidden />}
          {direction === 'descending' && <ArrowDown size={13} aria-hidden />}
        </button>
      ) : (
        <span className="grid-sort">{label}</span>
      )}
      <div
        className="grid-resize"
        role="separator"
        tabIndex={0}
        aria-orientation="vertical"
        aria-label={t('list.resize', { name: label })}
        aria-valuenow={width}
        aria-valuemin={60}
        aria-valuemax={800}
        onKeyDown={(event) => {
          const by = event.key === 'ArrowLeft' ? -16 : event.key === 'ArrowRight' ? 16 : 0;
          if (by === 0) return;
          event.preventDefault();
          event.stopPropagation();
          setWidth(def.name, field.path, Math.min(800, Math.max(60, width + by)));
        }}
        onPointerDown={(event) => {
          event.preventDefault();
          const begun = event.clientX;
          const handle = event.currentTarget;
          handle.setPointerCapture(event.pointerId);
          const move = (at: globalThis.PointerEvent) =>
            setWidth(def.name, field.path, Math.min(800, Math.max(60, width + at.clientX - begun)));
          handle.addEventListener('pointermove', move);
          handle.addEventListener('pointerup', () => handle.removeEventListener('pointermove', move), { once: true });
        }}
      />
    </div>
  );
}
