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

/** Not before the page is there: what is said meanwhile is kept and shown then. */
function Later({ children }: { children: React.ReactNode }) {
  const [isTime, setTime] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setTime(true), 1_500);
    return () => clearTimeout(timer);
  }, []);
  return <Suspense>{isTime && children}</Suspense>;
}
