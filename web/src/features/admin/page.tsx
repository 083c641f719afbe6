import { Group, NavLink, Stack, Title } from '@mantine/core';
import { getRouteApi, Link } from '@tanstack/react-router';
import { type ComponentType, lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { manages, useMe } from '~/api/me';
import { LoadingPage, NotFoundPage } from '~/app/pages';
import { usePageTitle } from '~/ui/page-title';
import './admin.css';
import { SECTIONS, type Section } from './sections';

const route = getRouteApi('/admin/$section');

/** The rooms of the administration, each with its own code. */
const ROOMS: Record<Section, ComponentType> = {
  users: lazy(() => import('./users')),
  roles: lazy(() => import('./roles')),
  objects: lazy(() => import('./objects')),
  pipelines: lazy(() => import('./pipelines')),
  audit: lazy(() => import('./audit')),
  retention: lazy(() => import('./retention')),
  privacy: lazy(() => import('./privacy')),
  limits: lazy(() => import('./limits')),
  sandboxes: lazy(() => import('./sandboxes')),
  health: lazy(() => import('./health')),
};

export function AdminPage() {
  const { t } = useTranslation();
  const { section } = route.useParams();
  const me = useMe();
  const chosen = SECTIONS.find((one) => one === section);
  const Room = chosen && ROOMS[chosen];
  usePageTitle(t(`admin.${section}`));
  if (!Room || !manages(me)) return <NotFoundPage />;
  return (
    <div className="admin">
      <nav aria-label={t('nav.admin')}>
        {SECTIONS.map((one) => (
          <NavLink
            key={one}
            label={t(`admin.${one}`)}
            active={one === section}
            aria-current={one === section ? 'page' : undefined}
            styles={{ root: { borderRadius: 6, paddingBlock: 5 } }}
            renderRoot={(props) => <Link to="/admin/$section" params={{ section: one }} {...props} />}
          />
        ))}
      </nav>
      <Stack p="md" style={{ minWidth: 0 }}>
        <Group justify="space-between">
          <Title order={1} size="h3">
            {t(`admin.${section}`)}
          </Title>
        </Group>
        <Suspense fallback={<LoadingPage />}>
          <Room />
        </Suspense>
      </Stack>
    </div>
  );
}
