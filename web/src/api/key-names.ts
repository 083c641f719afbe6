import { useQuery } from '@tanstack/react-query';
import { ask } from './client';
import { manages, useMe } from './me';

/** What API keys are called, by id; only those who manage the space may know. */
export function useKeyNames(): Map<string, string> {
  const isOpen = manages(useMe());
  const keys = useQuery({
    queryKey: ['api-keys'],
    queryFn: () => ask<{ id: string; name: string }[]>('GET', '/v1/api_keys'),
    enabled: isOpen,
  }).data;
  return new Map(keys?.map((key) => [key.id, key.name]));
}
