import { queryOptions } from '@tanstack/react-query';
import type { Me } from '~/api/me';
import { Offline, problemOf } from '~/api/problem';

/**
 * Asks with the session of the sign-in page instead of a token: what people do to their own account, which no token
 * may. The server takes the cookie from its own pages only.
 */
export async function askInPerson<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const sent = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
  const response = await fetch(path, { ...sent, credentials: 'same-origin' }).catch(() => {
    throw new Offline('no answer');
  });
  if (!response.ok) throw await problemOf(response);
  return ((await response.json()) as { data: T }).data;
}

/** The person behind the session: their spaces, and how they sign in. */
export const personQuery = queryOptions({
  queryKey: ['me', 'in person'],
  queryFn: () => askInPerson<Me>('GET', '/v1/me'),
  retry: false,
  staleTime: 60_000,
});
