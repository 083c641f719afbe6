import { queryOptions } from '@tanstack/react-query';
import { api } from '~/api/client';
import type { Row } from '~/api/record';

export interface News extends Row {
  title: string;
  body: string | null;
  event_type: string | null;
  related_to_object: string | null;
  related_to_id: string | null;
  read_at: string | null;
  created_at: string;
  problem: string | null;
}

/** Administrators may read everybody's news; an inbox is one's own. */
export function newsPath(user: string, isUnread: boolean, cursor: string | null, limit: number): string {
  const params = new URLSearchParams({ 'filter[owner_id]': user, sort: '-id', limit: String(limit), count: 'exact' });
  if (isUnread) params.set('filter[read_at][is_null]', 'true');
  if (cursor) params.set('cursor', cursor);
  return `/v1/notifications?${params}`;
}

/** How many are unread. */
export function unreadQuery(user: string) {
  return queryOptions({
    queryKey: ['list', 'notification', 'unread', user],
    queryFn: async () => (await api<News[]>('GET', newsPath(user, true, null, 1))).page?.total ?? 0,
  });
}
