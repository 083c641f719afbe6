import { Anchor, Breadcrumbs, Center, Grid, Group, Loader, Stack, Tabs, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { field, may, type ObjectDef, useCatalog } from '~/api/catalog';
import { Problem } from '~/api/problem';
import { type Row, titleOf } from '~/api/record';
import { recordQuery } from '~/api/records';
import { LoadingPage, NotFoundPage } from '~/app/pages';
import { Value } from '~/fields/show';
import { Fault } from '~/ui/complain';
import { useNames } from '~/ui/names';
import { usePageTitle } from '~/ui/page-title';
import { Actions } from './actions';
import { Duplicates } from './duplicates';
import { fileObjects } from './file-objects';
import { FieldGroups } from './groups';
import { printedOf, roomsOf } from './rooms';

const Timeline = lazy(() => import('./timeline'));
const History = lazy(() => import('./history'));
const Related = lazy(() => import('./related'));
const Files = lazy(() => import('./files'));
const Shares = lazy(() => import('./shares'));
const Lines = lazy(() => import('~/features/lines/lines'));
const route = getRouteApi('/records/$plural/$id');

/** A record of any object. */
export function RecordPage() {
  const { plural, id } = route.useParams();
  const def = useCatalog().collection(plural);
  if (!def || !may(def, 'read') || !/^\d+$/.test(id)) return <NotFoundPage />;
  return <Loaded key={`${def.name} ${id}`} def={def} id={id} />;
}

function Loaded({ def, id }: { def: ObjectDef; id: string }) {
  const record = useQuery(recordQuery(def, id));
  if (record.data) return <Shown def={def} row={record.data} />;
  if (record.error instanceof Problem && record.error.status === 404) return <NotFoundPage />;
  if (record.error) {
    return (
      <div role="alert" style={{ padding: 24 }}>
        <Fault error={record.error} />
      </div>
    );
  }
  return (
    <Center mih={240}>
      <Loader />
    </Center>
  );
}

/** The few values that say how a record stands, beside its name. */
const STANDING = ['status', 'stage_id', 'priority', 'sla_status', 'amount', 'total', 'amount_due'];

function Shown({ def, row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const names = useNames();
  const navigate = useNavigate();
  const catalog = useCatalog();
  const { tab } = route.useSearch();
  const title = titleOf(def, row);
  usePageTitle(title);
  const standing = STANDING.flatMap((path) => field(def, path) ?? []);
  const rooms = { ...roomsOf(def.name), ...printedOf(def.name) };
  const tabs = [
    ...Object.keys(roomsOf(def.name)),
    ...(def.lines ? ['lines'] : []),
    ...Object.keys(printedOf(def.name)),
    ...(fileObjects(catalog, def).length > 0 ? ['files'] : []),
    'timeline',
    'related',
    'history',
    ...(def.owned && may(def, 'update') ? ['shares'] : []),
  ];
  const chosen = tab && tabs.includes(tab) ? tab : tabs[0];
  return (
    <Stack p="md" gap="md" maw={2200}>
      <header>
        <Breadcrumbs mb={4}>
          <Anchor
            size="sm"
            renderRoot={(props) => <Link to="/records/$plural" params={{ plural: def.plural }} {...props} />}
          >
            {names.many(def)}
          </Anchor>
          <Text size="sm" c="dimmed" truncate maw={280} lh={1.5}>
            {title}
          </Text>
        </Breadcrumbs>
        <Group justify="space-between" align="start" gap="sm">
          <Group gap="sm" align="center">
            <Title order={1} size="h3" style={{ overflowWrap: 'anywhere' }}>
              {title}
            </Title>
            {standing.map((one) => (
              <Text key={one.path} size="sm" component="span" title={names.field(one)}>
                <Value field={one} row={row} />
              </Text>
            ))}
          </Group>
          <Actions def={def} row={row} />
        </Group>
      </header>
      <Duplicates def={def} row={row} />
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: def.lines ? 4 : 5, xl: 4 }}>
          <FieldGroups def={def} row={row} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: def.lines ? 8 : 7, xl: 8 }}>
          <Tabs
            value={chosen}
            keepMounted={false}
            onChange={(next) =>
              void navigate({
                to: '/records/$plural/$id',
                params: { plural: def.plural, id: row.id },
                search: { tab: next ?? undefined },
                replace: true,
              })
            }
          >
            <Tabs.List>
              {tabs.map((one) => (
                <Tabs.Tab key={one} value={one}>
                  {t(`record.${one}`)}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            <Suspense fallback={<LoadingPage />}>
              {Object.entries(rooms).map(([one, Room]) => (
                <Tabs.Panel key={one} value={one} pt="md">
                  <Room def={def} row={row} />
                </Tabs.Panel>
              ))}
              {tabs
                .filter((one) => !(one in rooms))
                .map((one) => (
                  <Tabs.Panel key={one} value={one} pt="md">
                    {one === 'timeline' && <Timeline def={def} row={row} />}
                    {one === 'history' && <History def={def} row={row} />}
                    {one === 'related' && <Related def={def} row={row} />}
                    {one === 'files' && <Files def={def} row={row} />}
                    {one === 'shares' && <Shares def={def} row={row} />}
                    {one === 'lines' && <Lines def={def} row={row} />}
                  </Tabs.Panel>
                ))}
            </Suspense>
          </Tabs>
        </Grid.Col>
      </Grid>
    </Stack>
  );
}
