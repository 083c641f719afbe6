import { Anchor, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { field, may, type ObjectDef, useCatalog } from '~/api/catalog';
import { api } from '~/api/client';
import { useMe } from '~/api/me';
import { type Row, titleOf, valueAt } from '~/api/record';
import type { Group as Filter } from '~/features/list/filter';
import { toFilter } from '~/features/list/filter';
import { today } from '~/fields/moment';
import { RecordLink, Value } from '~/fields/show';
import { number } from '~/ui/format';
import { usePageTitle } from '~/ui/page-title';

interface Tile {
  title: string;
  object: string;
  filter: Filter;
  sort: string;
  beside: string;
}

const MOST = 6;

/** What waits today: each tile is a list, and leads to it. */
export function HomePage() {
  const { t } = useTranslation();
  const me = useMe();
  const mine = me.user?.id ?? '0';
  usePageTitle(t('nav.home'));
  const end = `${today()}T23:59:59Z`;
  const soon = new Date(Date.now() + 14 * 86_400_000).toISOString().slice(0, 10);
  const tiles: Tile[] = [
    {
      title: t('home.tasks'),
      object: 'task',
      sort: 'due_at',
      beside: 'due_at',
      filter: {
        join: 'and',
        parts: [
          { field: 'due_at', op: 'lte', value: end },
          { field: 'status', op: 'nin', value: ['done', 'cancelled'] },
          {
            join: 'or',
            parts: [
              { field: 'assignee_id', op: 'eq', value: mine },
              { field: 'owner_id', op: 'eq', value: mine },
            ],
          },
        ],
      },
    },
    {
      title: t('home.tickets'),
      object: 'ticket',
      sort: 'resolution_due_at',
      beside: 'priority',
      filter: { join: 'and', parts: [{ field: 'status', op: 'in', value: ['open', 'pending'] }] },
    },
    {
      title: t('home.deals'),
      object: 'deal',
      sort: '-amount',
      beside: 'amount',
      filter: { join: 'and', parts: [{ field: 'stage.kind', op: 'eq', value: 'open' }] },
    },
    {
      title: t('home.closing'),
      object: 'deal',
      sort: 'expected_close_date',
      beside: 'expected_close_date',
      filter: {
        join: 'and',
        parts: [
          { field: 'stage.kind', op: 'eq', value: 'open' },
          { field: 'expected_close_date', op: 'lte', value: soon },
        ],
      },
    },
    {
      title: t('home.invoices'),
      object: 'invoice',
      sort: 'due_date',
      beside: 'amount_due',
      filter: {
        join: 'and',
        parts: [
          { field: 'status', op: 'eq', value: 'open' },
          { field: 'due_date', op: 'lte', value: today() },
        ],
      },
    },
    {
      title: t('home.leads'),
      object: 'lead',
      sort: '-created_at',
      beside: 'status',
      filter: { join: 'and', parts: [{ field: 'status', op: 'in', value: ['new', 'working'] }] },
    },
  ];
  return (
    <Stack p="md" maw={1500}>
      <Title order={1} size="h3">
        {t('home.hello', { name: me.user?.name ?? '' })}
      </Title>
      <SimpleGrid cols={{ base: 1, sm: 2, xl: 3 }}>
        {tiles.map((tile) => (
          <TileCard key={tile.title} tile={tile} />
        ))}
      </SimpleGrid>
    </Stack>
  );
}

function TileCard({ tile }: { tile: Tile }) {
  const def = useCatalog().find(tile.object);
  if (!def || !may(def, 'read')) return null;
  return <Loaded tile={tile} def={def} />;
}

function Loaded({ tile, def }: { tile: Tile; def: ObjectDef }) {
  const { t } = useTranslation();
  const beside = field(def, tile.beside);
  const { data, isError } = useQuery({
    queryKey: ['related', def.name, 'home', tile.filter, tile.sort],
    queryFn: () =>
      api<Row[]>('POST', `/v1/${def.plural}/search`, {
        body: { filter: toFilter(tile.filter), sort: [tile.sort], limit: MOST, count: 'estimate' },
      }),
  });
  const rows = data?.data ?? [];
  return (
    <Card withBorder padding="sm" component="section" aria-label={tile.title}>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h5">
          {tile.title}
        </Title>
        <Anchor
          size="sm"
          renderRoot={(props) => (
            <Link
              to="/records/$plural"
              params={{ plural: def.plural }}
              search={{ filter: tile.filter, sort: tile.sort }}
              {...props}
            />
          )}
        >
          {data?.page?.total === undefined ? t('home.all') : t('home.all_of', { shown: number(data.page.total) })}
        </Anchor>
      </Group>
      <Stack gap={6}>
        {rows.map((row) => (
          <Group key={row.id} justify="space-between" wrap="nowrap" gap="sm">
            <Text size="sm" truncate component="div">
              <RecordLink object={def.name} id={row.id} title={titleOf(def, row)} />
            </Text>
            <Text size="sm" className="numbers" style={{ whiteSpace: 'nowrap' }} component="div">
              {beside && valueAt(row, beside.path) !== null && <Value field={beside} row={row} />}
            </Text>
          </Group>
        ))}
        {rows.length === 0 && (
          <Text size="sm" c="dimmed">
            {isError ? t('error.title') : t('home.none')}
          </Text>
        )}
      </Stack>
    </Card>
  );
}
