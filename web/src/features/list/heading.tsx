import { ArrowDown, ArrowUp } from 'lucide-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { FieldDef, ObjectDef } from '~/api/catalog';
import { isNumeric } from './grid-row';
import { setWidth } from './saved';
import { isSortable, nextSort } from './view';

interface HeadingProps {
  def: ObjectDef;
  field: FieldDef;
  label: string;
  sort?: string;
  width: number;
  onSort: (sort: string | undefined) => void;
}

/** The head of a column: its name orders the list, its edge sets the width. */
export const Heading = memo(function Heading({ def, field, label, sort, width, onSort }: HeadingProps) {
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
});
