import { ActionIcon, Anchor, Button, Card, Group, Select, Stack, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { RotateCw } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may, useCatalog } from '~/api/catalog';
import { ask, download } from '~/api/client';
import { LoadingPage, NotFoundPage } from '~/app/pages';
import { complain, Fault } from '~/ui/complain';
import { ConfirmButton } from '~/ui/confirm';
import { usePageTitle } from '~/ui/page-title';
import { CHARTS } from './chart-kinds';
import { type Report, resultQuery } from './data';

const Chart = lazy(() => import('./chart'));
const route = getRouteApi('/reports/$id');

const FILES: [string, string, string][] = [
  ['CSV', 'csv', 'text/csv'],
  ['XLSX', 'xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['SVG', 'svg', 'image/svg+xml'],
];

/** A report with its result of now. */
export function ReportPage() {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const navigate = useNavigate();
  const client = useQueryClient();
  const def = useCatalog().find('report');
  const [range, setRange] = useState<{ from?: string; to?: string }>({});
  const key = ['record', 'report', id];
  const report = useQuery({ queryKey: key, queryFn: () => ask<Report>('GET', `/v1/reports/${id}`) });
  const result = useQuery(resultQuery(id, range));
  usePageTitle(report.data?.name ?? t('nav.reports'));
  const change = useMutation({
    mutationFn: (patch: object) => ask<Report>('PATCH', `/v1/reports/${id}`, patch),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: key });
      void client.invalidateQueries({ queryKey: ['related', 'dashboard'] });
    },
  });
  const remove = useMutation({
    mutationFn: () => ask('DELETE', `/v1/reports/${id}`),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['related', 'report'] });
      void navigate({ to: '/reports' });
    },
  });
  if (!may(def, 'read')) return <NotFoundPage />;
  if (report.error) {
    return (
      <div role="alert" style={{ padding: 24 }}>
        <Fault error={report.error} />
      </div>
    );
  }
  if (!report.data) return <LoadingPage />;
  const chart = report.data.chart ?? 'table';
  const isReady = report.data.kind !== 'aggregate';
  return (
    <Stack p="md">
      <Anchor size="sm" renderRoot={(props) => <Link to="/reports" {...props} />}>
        {t('nav.reports')}
      </Anchor>
      <Group justify="space-between">
        <Title order={1} size="h3">
          {report.data.name}
        </Title>
        <Group gap="xs">
          {isReady && (
            <>
              <TextInput
                size="xs"
                type="date"
                aria-label={t('filter.from')}
                value={range.from ?? ''}
                onChange={(e) => setRange({ ...range, from: e.currentTarget.value || undefined })}
              />
              <TextInput
                size="xs"
                type="date"
                aria-label={t('filter.to')}
                value={range.to ?? ''}
                onChange={(e) => setRange({ ...range, to: e.currentTarget.value || undefined })}
              />
            </>
          )}
          {may(def, 'update') && (
            <Select
              size="xs"
              w={120}
              aria-label={t('report.chart')}
              allowDeselect={false}
              data={CHARTS.map((one) => ({ value: one, label: t(`report.charts.${one}`) }))}
              value={chart}
              onChange={(next) => next && change.mutate({ chart: next })}
            />
          )}
          {FILES.map(([label, ending, media]) => (
            <Button
              key={ending}
              size="xs"
              variant="default"
              onClick={() =>
                void download(`/v1/reports/${id}/result`, `${report.data.name}.${ending}`, media).catch(complain)
              }
            >
              {label}
            </Button>
          ))}
          <ActionIcon variant="default" size={30} aria-label={t('list.reload')} onClick={() => void result.refetch()}>
            <RotateCw size={16} />
          </ActionIcon>
          {may(def, 'delete') && (
            <ConfirmButton
              size="xs"
              label={t('delete')}
              question={t('report.delete_why', { name: report.data.name })}
              onConfirm={() => remove.mutate()}
            />
          )}
        </Group>
      </Group>
      <Card withBorder>
        {result.error && <Fault error={result.error} />}
        <Suspense fallback={<LoadingPage />}>
          {result.data && <Chart chart={chart} result={result.data} height={440} title={report.data.name} />}
        </Suspense>
      </Card>
    </Stack>
  );
}
