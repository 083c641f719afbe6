import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { makeQueryClient } from '~/api/query';
import { complain } from '~/ui/complain';
import { makeRouter } from './router';
import { theme, variables } from './theme';

const Notifications = lazy(() => import('./notifications'));

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
        <Later>
          <Notifications />
        </Later>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}

const LOOK_MS = 1_500;
/** Looks after which what is said is shown although something is still asked for. */
const MOST_LOOKS = 4;

/** Not before the page has what it asked for: what is said meanwhile is kept and shown then. */
function Later({ children }: { children: React.ReactNode }) {
  const [isTime, setTime] = useState(false);
  useEffect(() => {
    let looks = 0;
    const timer = setInterval(() => {
      looks += 1;
      if (client.isFetching() > 0 && looks < MOST_LOOKS) return;
      clearInterval(timer);
      setTime(true);
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return <Suspense>{isTime && children}</Suspense>;
}
