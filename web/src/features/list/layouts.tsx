import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { CalendarDays, Kanban, Table2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { ObjectDef } from '~/api/catalog';
import { boardFields } from '~/features/board/columns';
import { dateFields } from '~/features/calendar/dates';
import type { Group } from './filter';
import { ALL } from './views';

interface Props {
  def: ObjectDef;
  here: 'list' | 'board' | 'calendar';
  /** What the records are narrowed to; it stays in the other layout. */
  q?: string;
  filter?: Group;
}

/** The same records as a list, a board or a calendar. */
export function Layouts({ def, here, q, filter }: Props) {
  const { t } = useTranslation();
  const params = { plural: def.plural };
  const search = { q, filter };
  // Without conditions the list could open with a view that is this board.
  const asList = q || filter ? search : { saved: ALL };
  const look = { size: 'xs', variant: 'default', className: 'tool' } as const;
  return (
    <>
      {here !== 'list' && (
        <Button
          {...look}
          aria-label={t('board.list')}
          leftSection={<Table2 size={14} />}
          renderRoot={(props) => <Link to="/records/$plural" params={params} search={asList} {...props} />}
        >
          {t('board.list')}
        </Button>
      )}
      {here !== 'board' && boardFields(def).length > 0 && (
        <Button
          {...look}
          aria-label={t('list.board')}
          leftSection={<Kanban size={14} />}
          renderRoot={(props) => <Link to="/records/$plural/board" params={params} search={search} {...props} />}
        >
          {t('list.board')}
        </Button>
      )}
      {here !== 'calendar' && dateFields(def).length > 0 && (
        <Button
          {...look}
          aria-label={t('list.calendar')}
          leftSection={<CalendarDays size={14} />}
          renderRoot={(props) => <Link to="/records/$plural/calendar" params={params} search={search} {...props} />}
        >
          {t('list.calendar')}
        </Button>
      )}
    </>
  );
}
