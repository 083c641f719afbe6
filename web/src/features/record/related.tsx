import { Anchor, Button, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type FieldDef, field as findField, may, type ObjectDef, useCatalog } from '~/api/catalog';
import { api } from '~/api/client';
import { type Row, titleOf, valueAt } from '~/api/record';
import { defaultColumns } from '~/features/list/view';
import { RecordLink, Value } from '~/fields/show';
import { number } from '~/ui/format';
import { useNames } from '~/ui/names';

const QuickCreate = lazy(() => import('~/features/create/quick'));

/** Objects whose records say nothing to people here, or stand on another tab. */
const NOT_HERE = new Set(['merge', 'stage_visit', 'snapshot', 'ticket_comment', 'permission', 'audit_entry']);
const MOST = 5;
const MOST_LISTS = 14;

/** Records of all objects that refer to this one. */
export default function Related({ def, row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const catalog = useCatalog();
  const lines = new Set(catalog.objects.map((one) => one.lines));
  const lists = catalog
    .referring(def.name)
    .filter((one) => !NOT_HERE.has(one.def.name) && !(lines.has(one.def.name) && def.lines === one.def.name))
    .slice(0, MOST_LISTS);
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, xl: 2 }}>
        {lists.map((one) => (
          <RelatedList
            key={`${one.def.name} ${one.field.path}`}
            of={row}
            owner={def}
            def={one.def}
            field={one.field}
            isAlone={lists.filter((other) => other.def === one.def).length === 1}
          />
        ))}
      </SimpleGrid>
      {lists.length === 0 && <Text c="dimmed">{t('record.no_related')}</Text>}
    </Stack>
  );
}

interface Props {
  of: Row;
  owner: ObjectDef;
  def: ObjectDef;
  field: FieldDef;
  isAlone: boolean;
}

function RelatedList({ of, owner, def, field, isAlone }: Props) {
  const { t } = useTranslation();
  const names = useNames();
  const [isCreating, setCreating] = useState(false);
  const filter = { field: field.path, op: 'eq', value: of.id };
  const { data } = useQuery({
    queryKey: ['related', def.name, field.path, of.id],
    queryFn: () => api<Row[]>('POST', `/v1/${def.plural}/search`, { body: { filter, limit: MOST, count: 'estimate' } }),
  });
  const rows = data?.data ?? [];
  const beside = defaultColumns(def)
    .filter((path) => path !== def.name_field && path !== field.path)
    .flatMap((path) => findField(def, path) ?? [])
    .filter((one) => one.type !== 'reference')
    .slice(0, 2);
  const label = isAlone ? names.many(def) : `${names.many(def)} · ${names.field(field)}`;
  return (
    <Card withBorder padding="sm" component="section" aria-label={label}>
      <Group justify="space-between" mb={6}>
        <Title order={3} size="h6">
          {label}{' '}
          {data?.page?.total !== undefined && (
            <Text span c="dimmed" size="sm">
              {number(data.page.total)}
            </Text>
          )}
        </Title>
        <Group gap="xs">
          {rows.length > 0 && (
            <Anchor
              size="sm"
              renderRoot={(props) => (
                <Link
                  to="/records/$plural"
                  params={{ plural: def.plural }}
                  search={{ filter: { join: 'and', parts: [filter] } }}
                  {...props}
                />
              )}
            >
              {t('home.all')}
            </Anchor>
          )}
          {may(def, 'create') && !field.read_only && (
            <Button
              size="compact-xs"
              variant="light"
              leftSection={<Plus size={12} />}
              onClick={() => setCreating(true)}
            >
              {t('create.title', { name: names.one(def) })}
            </Button>
          )}
        </Group>
      </Group>
      <Stack gap={4}>
        {rows.map((row) => (
          <Group key={row.id} justify="space-between" wrap="nowrap" gap="sm">
            <Text size="sm" truncate component="div">
              <RecordLink object={def.name} id={row.id} title={titleOf(def, row)} />
            </Text>
            <Group gap="sm" wrap="nowrap">
              {beside
                .filter((one) => valueAt(row, one.path) !== null)
                .map((one) => (
                  <Text key={one.path} size="sm" component="div" style={{ whiteSpace: 'nowrap' }}>
                    <Value field={one} row={row} />
                  </Text>
                ))}
            </Group>
          </Group>
        ))}
        {rows.length === 0 && (
          <Text size="sm" c="dimmed">
            {t('record.none')}
          </Text>
        )}
      </Stack>
      <Suspense>
        {isCreating && (
          <QuickCreate
            object={def.name}
            values={{ [field.path]: of.id, ...alongOf(owner, of, def) }}
            onClose={() => setCreating(false)}
            onMade={() => setCreating(false)}
          />
        )}
      </Suspense>
    </Card>
  );
}

/** What a new record takes over from the one it begins at: a contact's deal has the contact's company. */
function alongOf(owner: ObjectDef, of: Row, def: ObjectDef): Record<string, unknown> {
  const along = ['company_id', 'contact_id', 'customer_id'].filter(
    (path) => findField(def, path) && findField(owner, path) && of[path],
  );
  return Object.fromEntries(along.map((path) => [path, of[path]]));
}
