import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { catalogQuery } from '~/api/catalog';
import { meQuery } from '~/api/me';
import { recordQuery } from '~/api/records';
import { type BoardSearch, readBoard } from '~/features/board/view';
import { type CalendarSearch, readCalendar } from '~/features/calendar/view';
import { readView, type View } from '~/features/list/view';
import { ErrorPage, LoadingPage, NotFoundPage } from './pages';
import { Shell } from './shell';

const root = createRootRouteWithContext<{ client: QueryClient }>()({
  component: Shell,
  loader: ({ context }) =>
    Promise.all([context.client.ensureQueryData(catalogQuery), context.client.ensureQueryData(meQuery)]),
});

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('~/features/home/home'), 'HomePage'),
});

const list = createRoute({
  getParentRoute: () => root,
  path: '/records/$plural',
  validateSearch: (search: Record<string, unknown>): View => readView(search),
  component: lazyRouteComponent(() => import('~/features/list/page'), 'ListPage'),
});

const board = createRoute({
  getParentRoute: () => root,
  path: '/records/$plural/board',
  validateSearch: (search: Record<string, unknown>): BoardSearch => readBoard(search),
  component: lazyRouteComponent(() => import('~/features/board/page'), 'BoardPage'),
});

const recordsCalendar = createRoute({
  getParentRoute: () => root,
  path: '/records/$plural/calendar',
  validateSearch: (search: Record<string, unknown>): CalendarSearch => readCalendar(search),
  component: lazyRouteComponent(() => import('~/features/calendar/records'), 'RecordsCalendarPage'),
});

const record = createRoute({
  getParentRoute: () => root,
  path: '/records/$plural/$id',
  // Ids have more digits than a number holds: they stay text.
  validateSearch: (search: Record<string, unknown>): { tab?: string } => ({
    tab: typeof search.tab === 'string' ? search.tab : undefined,
  }),
  // A link that is pointed at asks for its record before it is followed.
  loader: ({ context: { client }, params: { plural, id } }) => {
    const def = client.getQueryData(catalogQuery.queryKey)?.collection(plural);
    if (def && /^\d+$/.test(id)) void client.prefetchQuery(recordQuery(def, id));
  },
  component: lazyRouteComponent(() => import('~/features/record/page'), 'RecordPage'),
});

const inbox = createRoute({
  getParentRoute: () => root,
  path: '/inbox',
  component: lazyRouteComponent(() => import('~/features/inbox/page'), 'InboxPage'),
});

const imports = createRoute({
  getParentRoute: () => root,
  path: '/import',
  validateSearch: (search: Record<string, unknown>): { object?: string } => ({
    object: typeof search.object === 'string' ? search.object : undefined,
  }),
  component: lazyRouteComponent(() => import('~/features/import/page'), 'ImportPage'),
});

const calendar = createRoute({
  getParentRoute: () => root,
  path: '/calendar',
  validateSearch: (search: Record<string, unknown>): { month?: string } => ({
    month: typeof search.month === 'string' ? search.month : undefined,
  }),
  component: lazyRouteComponent(() => import('~/features/calendar/page'), 'CalendarPage'),
});

const reports = createRoute({
  getParentRoute: () => root,
  path: '/reports',
  component: lazyRouteComponent(() => import('~/features/reports/page'), 'ReportsPage'),
});

const report = createRoute({
  getParentRoute: () => root,
  path: '/reports/$id',
  component: lazyRouteComponent(() => import('~/features/reports/report'), 'ReportPage'),
});

const dashboard = createRoute({
  getParentRoute: () => root,
  path: '/dashboards/$id',
  component: lazyRouteComponent(() => import('~/features/reports/dashboard'), 'DashboardPage'),
});

const developers = createRoute({
  getParentRoute: () => root,
  path: '/developers',
  validateSearch: (search: Record<string, unknown>): { tab?: string } => ({
    tab: typeof search.tab === 'string' ? search.tab : undefined,
  }),
  component: lazyRouteComponent(() => import('~/features/developers/page'), 'DevelopersPage'),
});

const admin = createRoute({
  getParentRoute: () => root,
  path: '/admin/$section',
  component: lazyRouteComponent(() => import('~/features/admin/page'), 'AdminPage'),
});

const adminHome = createRoute({
  getParentRoute: () => root,
  path: '/admin',
  beforeLoad: () => {
    throw redirect({ to: '/admin/$section', params: { section: 'users' } });
  },
});

const profile = createRoute({
  getParentRoute: () => root,
  path: '/profile',
  component: lazyRouteComponent(() => import('~/features/profile/page'), 'ProfilePage'),
});

const tree = root.addChildren([
  home,
  list,
  board,
  recordsCalendar,
  record,
  inbox,
  imports,
  calendar,
  reports,
  report,
  dashboard,
  developers,
  admin,
  adminHome,
  profile,
]);

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    basepath: '/app',
    context: { client },
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    defaultPendingComponent: LoadingPage,
    defaultErrorComponent: ErrorPage,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
  });
}
