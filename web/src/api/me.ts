import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { ask } from './client';

export interface Space {
  id: string;
  kind: string | null;
  name: string | null;
}

/** Whom the credential stands for. */
export interface Me {
  user: { id: string; name: string | null; email: string | null } | null;
  space: Space;
  spaces?: Space[];
  role: string;
  scopes: string[];
  /** Whether the credential changes nothing. */
  read_only?: boolean;
  /** Who sees all this in the user's place. */
  impersonator?: { id: string; name: string | null } | null;
  credential: { kind: 'session' | 'api_key' | 'access_token'; id: string };
  second_factor?: { totp: boolean; passkeys: number; recovery_codes_left: number };
}

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: () => ask<Me>('GET', '/v1/me'),
  staleTime: 300_000,
});

export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}

/** Whether somebody manages the space; the server says so again at every call. */
export function manages(me: Me): boolean {
  return me.scopes.includes('admin') && ['owner', 'admin'].includes(me.role);
}
