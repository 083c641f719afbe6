import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { Offline, Problem } from './problem';

/** Faults that a later try may not have. */
function isPassing(error: unknown): boolean {
  if (error instanceof Offline) return true;
  return error instanceof Problem && [429, 502, 503, 504].includes(error.status);
}

export function makeQueryClient(complain: (error: unknown) => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        // What is on the page already stays; whoever shows nothing yet shows the fault in its place.
        if (query.state.data !== undefined) complain(error);
      },
    }),
    mutationCache: new MutationCache({
      onError: (error, _variables, _context, mutation) => {
        if (!mutation.meta?.handled) complain(error);
      },
    }),
    defaultOptions: {
      queries: {
        retry: (count, error) => count < 3 && isPassing(error),
        staleTime: 10_000,
        refetchOnWindowFocus: false,
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}
