import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { type ComponentType, useEffect, useState } from 'react';
import { makeQueryClient } from '~/api/query';
import { complain } from '~/ui/complain';
import { makeRouter } from './router';
import { theme, variables } from './theme';

export const client = makeQueryClient(complain);
const router = makeRouter(client);

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <Said />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}

const LOOK_MS = 1_500;
/** Looks after which what is said is shown although something is still asked for. */
const MOST_LOOKS = 4;

/**
 * Not before the page has what it asked for: what is said meanwhile is kept and shown then. Where the network is away just
 * then, it is asked for again.
 */
function Said() {
  const [Notifications, show] = useState<ComponentType>();
  useEffect(() => {
    let looks = 0;
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      looks += 1;
      const loaded =
        client.isFetching() > 0 && looks < MOST_LOOKS
          ? undefined
          : await import('./notifications').catch(() => undefined);
      if (loaded) show(() => loaded.default);
      else timer = setTimeout(look, LOOK_MS);
    };
    timer = setTimeout(look, LOOK_MS);
    return () => clearTimeout(timer);
  }, []);
  return Notifications ? <Notifications /> : null;
}
