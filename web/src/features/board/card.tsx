import { draggable } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { Badge, Card, Group, Menu, Text, UnstyledButton } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { EllipsisVertical } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { field as findField, type ObjectDef } from '~/api/catalog';
import { type Row, titleOf, valueAt } from '~/api/record';
import { RecordLink, Value } from '~/fields/show';
import type { Column } from './moves';

/** Values that a card shows besides its name. */
const SHOWN = [
  'amount',
  'total',
  'amount_due',
  'company_id',
  'contact_id',
  'customer_id',
  'expected_close_date',
  'due_at',
  'priority',
  'assignee_id',
  'owner_id',
];
const MOST = 4;

interface Props {
  def: ObjectDef;
  row: Row;
  column: Column;
  columns: Column[];
  onMove: (row: Row, from: Column, to: Column) => void;
}

/** A record on a board: dragged, or moved with Alt and the arrow keys, or by its menu. */
export function BoardCard({ def, row, column, columns, onMove }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const box = useRef<HTMLDivElement>(null);
  const [isDragged, setDragged] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    return draggable({
      element,
      getInitialData: () => ({ kind: 'board-card', id: row.id, from: column.key }),
      onDragStart: () => setDragged(true),
      onDrop: () => setDragged(false),
    });
  }, [row.id, column.key]);
  const at = columns.findIndex((one) => one.key === column.key);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const to = columns[at + by];
    if (event.altKey && by !== 0 && to) {
      event.preventDefault();
      onMove(row, column, to);
    } else if (event.key === 'Enter') {
      void navigate({ to: '/records/$plural/$id', params: { plural: def.plural, id: row.id }, search: {} });
    }
  };
  const shown = SHOWN.flatMap((path) => findField(def, path) ?? [])
    .filter((field) => {
      const value = valueAt(row, field.path);
      return value !== null && value !== undefined && value !== '';
    })
    .slice(0, MOST);
  const isStale =
    typeof row.stale_at === 'string' &&
    row.stale_at !== '' &&
    new Date(row.stale_at).getTime() < Date.now() &&
    column.kind === 'open';
  const title = titleOf(def, row);
  return (
    <Card
      ref={box}
      className="board-card"
      withBorder
      padding="xs"
      tabIndex={0}
      role="group"
      aria-roledescription={t('board.card')}
      aria-label={title}
      data-card={row.id}
      onKeyDown={onKeyDown}
      style={{ opacity: isDragged ? 0.4 : undefined, cursor: 'grab', flexShrink: 0 }}
    >
      <Group justify="space-between" wrap="nowrap" gap={4} align="start">
        <Text size="sm" fw={600} component="div" style={{ overflowWrap: 'anywhere' }}>
          <RecordLink object={def.name} id={row.id} title={title} />
        </Text>
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <UnstyledButton aria-label={t('board.move', { name: title })}>
              <EllipsisVertical size={15} />
            </UnstyledButton>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>{t('board.to')}</Menu.Label>
            {columns
              .filter((one) => one.key !== column.key)
              .map((one) => (
                <Menu.Item key={one.key} onClick={() => onMove(row, column, one)}>
                  {one.label}
                </Menu.Item>
              ))}
          </Menu.Dropdown>
        </Menu>
      </Group>
      {shown.map((field) => (
        <Text key={field.path} size="sm" component="div" truncate>
          <Value field={field} row={row} plain={field.type === 'reference'} />
        </Text>
      ))}
      {isStale && (
        <Badge size="xs" color="orange" variant="light" mt={4}>
          {t('board.stale')}
        </Badge>
      )}
    </Card>
  );
}
