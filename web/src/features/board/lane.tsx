import { dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { Anchor, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FieldDef, ObjectDef } from '~/api/catalog';
import type { Row } from '~/api/record';
import { money, number } from '~/ui/format';
import { BoardCard } from './card';
import { cardsQuery, inColumn, type Only, type Sum } from './data';
import type { Column } from './moves';

interface Props {
  def: ObjectDef;
  by: FieldDef;
  column: Column;
  columns: Column[];
  only: Only;
  sum: Sum | undefined;
  onMove: (row: Row, from: Column, to: Column) => void;
  onDrop: (id: string, from: string, to: Column) => void;
}

/** A column with its cards and what they come to. */
export function Lane({ def, by, column, columns, only, sum, onMove, onDrop }: Props) {
  const { t } = useTranslation();
  const box = useRef<HTMLElement>(null);
  const [isOver, setOver] = useState(false);
  const { data } = useQuery(cardsQuery(def, by, column, only));
  const drop = useRef(onDrop);
  drop.current = onDrop;
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    return dropTargetForElements({
      element,
      canDrop: ({ source }) => source.data.kind === 'board-card' && source.data.from !== column.key,
      onDragEnter: () => setOver(true),
      onDragLeave: () => setOver(false),
      onDrop: ({ source }) => {
        setOver(false);
        drop.current(String(source.data.id), String(source.data.from), column);
      },
    });
  }, [column]);
  const rows = data?.data ?? [];
  return (
    <section
      ref={box}
      className="board-lane"
      data-over={isOver || undefined}
      data-lane={column.key}
      aria-label={column.label}
    >
      <header>
        <Text fw={650} size="sm" component="h2" m={0}>
          {column.label}{' '}
          <Text span c="dimmed" size="sm">
            {sum ? number(sum.count) : ''}
          </Text>
        </Text>
        {sum?.amount.slice(0, 2).map(([amount, currency], i) => (
          <Text key={currency} size="xs" c="dimmed" className="numbers">
            {money(amount, currency)}
            {sum.weighted[i] && column.kind === 'open'
              ? ` · ${t('board.weighted', { sum: money(sum.weighted[i][0], sum.weighted[i][1]) })}`
              : ''}
          </Text>
        ))}
      </header>
      <div className="board-cards" tabIndex={0} role="group" aria-label={t('board.cards', { name: column.label })}>
        {rows.map((row) => (
          <BoardCard key={row.id} def={def} row={row} column={column} columns={columns} onMove={onMove} />
        ))}
        {rows.length === 0 && data && (
          <Text size="sm" c="dimmed" ta="center" py="sm">
            {t('board.none')}
          </Text>
        )}
        {data?.page?.has_more && (
          <Anchor
            size="sm"
            ta="center"
            renderRoot={(props) => (
              <Link
                to="/records/$plural"
                params={{ plural: def.plural }}
                search={{ filter: { join: 'and', parts: [inColumn(by, column)] } }}
                {...props}
              />
            )}
          >
            {t('board.rest')}
          </Anchor>
        )}
      </div>
    </section>
  );
}
