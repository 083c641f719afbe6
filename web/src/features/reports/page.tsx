import { Anchor, Badge, Button, Card, Group, SimpleGrid, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may, useCatalog } from '~/api/catalog';
import { ask } from '~/api/client';
import { NotFoundPage } from '~/app/pages';
import { useNames } from '~/ui/names';
import { usePageTitle } from '~/ui/page-title';
import { Builder } from './builder';
import { type Dashboard, dashboardsQuery, type Report, reportsQuery } from './data';

/** Ready-made questions, each of which needs no more than a name. */
const READY: { kind: string; chart: string; question?: object }[] = [
  {
    kind: 'pipeline',
    chart: 'bar',
    question: {
      kind: 'aggregate',
      target_object: 'deal',
      definition: {
        filter: { field: 'stage.kind', op: 'eq', value: 'open' },
        group_by: ['stage_id', 'currency'],
        measures: [
          { fn: 'sum', field: 'amount', as: 'amount' },
          { fn: 'sum', field: 'weighted_amount', as: 'weighted_amount' },
        ],
      },
    },
  },
  {
    kind: 'revenue',
    chart: 'bar',
    question: {
      kind: 'aggregate',
      target_object: 'invoice',
      definition: {
        filter: { field: 'status', op: 'in', value: ['open', 'paid', 'uncollectible'] },
        group_by: [{ field: 'issue_date', bucket: 'month' }, 'currency'],
        measures: [{ fn: 'sum', field: 'subtotal', as: 'amount' }],
      },
    },
  },
  { kind: 'forecast', chart: 'table' },
  { kind: 'funnel', chart: 'funnel' },
  { kind: 'win_rate', chart: 'table' },
  { kind: 'forecast_accuracy', chart: 'table' },
  {
    kind: 'cohort',
    chart: 'table',
    question: {
      target_object: 'order',
      definition: { member: 'customer_id', date: 'order_date', bucket: 'month', periods: 6, measure: { fn: 'count' } },
    },
  },
  { kind: 'campaign_roi', chart: 'table' },
  { kind: 'sales_cycle', chart: 'table' },
  { kind: 'receivables_ageing', chart: 'table' },
  { kind: 'sla_attainment', chart: 'table' },
];

/** Reports and dashboards. */
export function ReportsPage() {
  const { t } = useTranslation();
  const catalog = useCatalog();
  const def = catalog.find('report');
  usePageTitle(t('nav.reports'));
  if (!may(def, 'read')) return <NotFoundPage />;
  return <Rooms canMake={may(def, 'create')} canDash={may(catalog.find('dashboard'), 'create')} />;
}

function Rooms({ canMake, canDash }: { canMake: boolean; canDash: boolean }) {
  const { t } = useTranslation();
  const names = useNames();
  const navigate = useNavigate();
  const client = useQueryClient();
  const reports = useQuery(reportsQuery);
  const dashboards = useQuery(dashboardsQuery);
  const [isBuilding, setBuilding] = useState(false);
  const [name, setName] = useState('');
  const make = useMutation({
    mutationFn: (body: object) => ask<Report>('POST', '/v1/reports', body),
    onSuccess: (report) => {
      void client.invalidateQueries({ queryKey: ['related', 'report'] });
      void navigate({ to: '/reports/$id', params: { id: report.id } });
    },
  });
  const dash = useMutation({
    mutationFn: () => ask<Dashboard>('POST', '/v1/dashboards', { name, layout: [] }),
    onSuccess: (dashboard) => {
      void client.invalidateQueries({ queryKey: ['related', 'dashboard'] });
      void navigate({ to: '/dashboards/$id', params: { id: dashboard.id } });
    },
  });
  return (
    <Stack p="md" maw={1200}>
      <Group justify="space-between">
        <Title order={1} size="h3">
          {t('nav.reports')}
        </Title>
        {canMake && (
          <Button size="xs" leftSection={<Plus size={14} />} onClick={() => setBuilding(true)}>
            {t('report.new')}
          </Button>
        )}
      </Group>
      <section aria-label={t('report.dashboards')}>
        <Title order={2} size="h5" mb="xs">
          {t('report.dashboards')}
        </Title>
        <Group gap="sm">
          {dashboards.data?.map((one) => (
            <Card key={one.id} withBorder padding="sm">
              <Anchor fw={600} renderRoot={(props) => <Link to="/dashboards/$id" params={{ id: one.id }} {...props} />}>
                {one.name}
              </Anchor>
              <Text size="xs" c="dimmed">
                {t('report.tiles', { count: one.layout?.length ?? 0 })}
                {one.shared && ` · ${t('views.shared')}`}
              </Text>
            </Card>
          ))}
          {canDash && (
            <form
              onSubmit={(event) => {
                event.preventDefault();
                if (name.trim()) dash.mutate();
              }}
            >
              <Group gap="xs">
                <TextInput
                  size="xs"
                  w={240}
                  aria-label={t('report.dashboard_name')}
                  placeholder={t('report.dashboard_name')}
                  value={name}
                  onChange={(event) => setName(event.currentTarget.value)}
                />
                <Button size="xs" variant="default" type="submit" loading={dash.isPending}>
                  {t('report.new_dashboard')}
                </Button>
              </Group>
            </form>
          )}
        </Group>
      </section>
      <section aria-label={t('report.own')}>
        <Title order={2} size="h5" mb="xs">
          {t('report.own')}
        </Title>
        <Table highlightOnHover>
          <Table.Tbody>
            {reports.data?.map((report) => (
              <Table.Tr key={report.id}>
                <Table.Td>
                  <Anchor
                    size="sm"
                    renderRoot={(props) => <Link to="/reports/$id" params={{ id: report.id }} {...props} />}
                  >
                    {report.name}
                  </Anchor>
                </Table.Td>
                <Table.Td>
                  <Badge variant="light" color="gray" size="sm">
                    {t(`report.kinds.${report.kind}`, { defaultValue: names.value(report.kind) })}
                  </Badge>
                </Table.Td>
                <Table.Td c="dimmed">{report.target_object}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        {reports.data?.length === 0 && <Text c="dimmed">{t('report.none')}</Text>}
      </section>
      {canMake && (
        <section aria-label={t('report.ready')}>
          <Title order={2} size="h5" mb="xs">
            {t('report.ready')}
          </Title>
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
            {READY.map(({ kind, chart, question }) => (
              <Card key={kind} withBorder padding="sm">
                <Group justify="space-between" wrap="nowrap">
                  <div>
                    <Text fw={600} size="sm">
                      {t(`report.kinds.${kind}`)}
                    </Text>
                    <Text size="xs" c="dimmed">
                      {t(`report.about.${kind}`)}
                    </Text>
                  </div>
                  <Button
                    size="compact-sm"
                    variant="light"
                    style={{ flexShrink: 0 }}
                    onClick={() => make.mutate({ name: t(`report.kinds.${kind}`), kind, chart, ...question })}
                  >
                    {t('report.make')}
                  </Button>
                </Group>
              </Card>
            ))}
          </SimpleGrid>
        </section>
      )}
      {isBuilding && <Builder onClose={() => setBuilding(false)} onSave={(body) => make.mutate(body)} />}
    </Stack>
  );
}
