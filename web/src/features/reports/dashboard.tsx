import { ActionIcon, Anchor, Button, Card, Group, Select, Stack, Switch, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { ArrowLeft, ArrowRight, Maximize2, Minimize2, X } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may, useCatalog } from '~/api/catalog';
import { ask } from '~/api/client';
import { LoadingPage, NotFoundPage } from '~/app/pages';
import { Fault } from '~/ui/complain';
import { usePageTitle } from '~/ui/page-title';
import './dashboard.css';
import { type Dashboard, reportsQuery, type Tile } from './data';
import { useDashboardData } from './live';
import { inReadingOrder, moved, placed, resized } from './tiles';

const Chart = lazy(() => import('./chart'));
const route = getRouteApi('/dashboards/$id');
const ROW_PX = 84;

/** Reports beside each other, drawn anew as what they count changes. */
export function DashboardPage() {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const client = useQueryClient();
  const def = useCatalog().find('dashboard');
  const [isArranging, setArranging] = useState(false);
  const key = ['record', 'dashboard', id];
  const dashboard = useQuery({ queryKey: key, queryFn: () => ask<Dashboard>('GET', `/v1/dashboards/${id}`) });
  const data = useDashboardData(id);
  const reports = useQuery({ ...reportsQuery, enabled: isArranging });
  usePageTitle(dashboard.data?.name ?? t('report.dashboards'));
  const save = useMutation({
    mutationFn: (changed: Partial<Dashboard>) => ask<Dashboard>('PATCH', `/v1/dashboards/${id}`, changed),
    onMutate: (changed) => {
      client.setQueryData<Dashboard>(key, (before) => before && ({ ...before, ...changed } as Dashboard));
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey: key });
      void client.invalidateQueries({ queryKey: ['related', 'dashboard'] });
    },
  });
  if (!may(def, 'read')) return <NotFoundPage />;
  if (dashboard.error) {
    return (
      <div role="alert" style={{ padding: 24 }}>
        <Fault error={dashboard.error} />
      </div>
    );
  }
  if (!dashboard.data) return <LoadingPage />;
  const tiles = inReadingOrder(dashboard.data.layout ?? []);
  const set = (next: Tile[]) => save.mutate({ layout: placed(next) });
  return (
    <Stack p="md">
      <Anchor size="sm" renderRoot={(props) => <Link to="/reports" {...props} />}>
        {t('nav.reports')}
      </Anchor>
      <Group justify="space-between">
        <Title order={1} size="h3">
          {dashboard.data.name}
        </Title>
        <Group gap="xs">
          {isArranging && (
            <Select
              size="xs"
              searchable
              aria-label={t('report.add_tile')}
              placeholder={t('report.add_tile')}
              data={reports.data?.map((report) => ({ value: report.id, label: report.name })) ?? []}
              value={null}
              onChange={(report) => report && set([...tiles, { report_id: report, x: 0, y: 999, width: 6, height: 4 }])}
            />
          )}
          {may(def, 'update') && (
            <Switch
              size="xs"
              label={t('views.share')}
              checked={dashboard.data.shared}
              onChange={(event) => save.mutate({ shared: event.currentTarget.checked })}
            />
          )}
          {may(def, 'update') && (
            <Button
              size="xs"
              variant={isArranging ? 'filled' : 'default'}
              aria-pressed={isArranging}
              onClick={() => setArranging((is) => !is)}
            >
              {isArranging ? t('report.arranged') : t('report.arrange')}
            </Button>
          )}
        </Group>
      </Group>
      <div className="dashboard">
        {tiles.map((tile, at) => {
          const shown = data?.tiles.find((one) => one.report_id === tile.report_id);
          const name = shown?.name ?? '';
          return (
            <Card
              // biome-ignore lint/suspicious/noArrayIndexKey: a report may stand here twice
              key={`${tile.report_id} ${at}`}
              withBorder
              padding="sm"
              component="section"
              aria-label={name}
              style={{ gridColumn: `span ${tile.width}`, minHeight: tile.height * ROW_PX }}
            >
              <Group justify="space-between" mb="xs" wrap="nowrap">
                <Title order={2} size="h6">
                  <Anchor
                    inherit
                    c="inherit"
                    renderRoot={(props) => <Link to="/reports/$id" params={{ id: tile.report_id }} {...props} />}
                  >
                    {name || '…'}
                  </Anchor>
                </Title>
                {isArranging && (
                  <Group gap={0} wrap="nowrap">
                    <ActionIcon
                      size="sm"
                      disabled={at === 0}
                      onClick={() => set(moved(tiles, at, -1))}
                      aria-label={t('list.earlier', { name })}
                    >
                      <ArrowLeft size={14} />
                    </ActionIcon>
                    <ActionIcon
                      size="sm"
                      disabled={at === tiles.length - 1}
                      onClick={() => set(moved(tiles, at, 1))}
                      aria-label={t('list.later', { name })}
                    >
                      <ArrowRight size={14} />
                    </ActionIcon>
                    <ActionIcon
                      size="sm"
                      disabled={tile.width >= 12}
                      onClick={() => set(resized(tiles, at, 2))}
                      aria-label={t('report.wider', { name })}
                    >
                      <Maximize2 size={14} />
                    </ActionIcon>
                    <ActionIcon
                      size="sm"
                      disabled={tile.width <= 2}
                      onClick={() => set(resized(tiles, at, -2))}
                      aria-label={t('report.narrower', { name })}
                    >
                      <Minimize2 size={14} />
                    </ActionIcon>
                    <ActionIcon
                      size="sm"
                      onClick={() => set(tiles.filter((_, i) => i !== at))}
                      aria-label={t('report.remove_tile', { name })}
                    >
                      <X size={14} />
                    </ActionIcon>
                  </Group>
                )}
              </Group>
              {shown?.error && (
                <Text size="sm" c="dimmed">
                  {typeof shown.error === 'string' ? shown.error : shown.error.detail}
                </Text>
              )}
              <Suspense fallback={<LoadingPage />}>
                {shown?.result && (
                  <Chart
                    chart={shown.chart ?? 'table'}
                    result={shown.result}
                    height={tile.height * ROW_PX - 60}
                    title={name}
                  />
                )}
              </Suspense>
            </Card>
          );
        })}
      </div>
      {tiles.length === 0 && <Text c="dimmed">{t('report.no_tiles')}</Text>}
    </Stack>
  );
}
