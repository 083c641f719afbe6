import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { ObjectDef } from '~/api/catalog';
import { boardOf } from '~/features/board/view';
import { calendarOf } from '~/features/calendar/view';
import { type SavedView, viewOf } from './views';

/** Opens a saved view where its kind is shown. */
export function useOpen(def: ObjectDef) {
  const navigate = useNavigate();
  const { plural } = def;
  return useCallback(
    (saved: SavedView, replace = false) => {
      const params = { plural };
      if (saved.kind === 'board')
        void navigate({ to: '/records/$plural/board', params, search: () => boardOf(saved), replace });
      else if (saved.kind === 'calendar')
        void navigate({ to: '/records/$plural/calendar', params, search: () => calendarOf(saved), replace });
      else void navigate({ to: '/records/$plural', params, search: () => viewOf(saved), replace });
    },
    [navigate, plural],
  );
}
