import { Alert, Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may, type ObjectDef } from '~/api/catalog';
import { ask } from '~/api/client';
import { type Row, titleOf } from '~/api/record';
import { RecordLink } from '~/fields/show';
import { useNames } from '~/ui/names';

const Merge = lazy(() => import('./merge'));

interface Likeness {
  id: string;
  score: number;
  reasons: { field: string; level: string; weight: number }[];
  record: Row;
}

/** Says when the same may be here twice, and leads to merging. */
export function Duplicates({ def, row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const names = useNames();
  const [with_, setWith] = useState<Row | null>(null);
  const has = def.views.some((view) => view.name === 'duplicates');
  const found = useQuery({
    queryKey: ['related', def.name, 'duplicates', row.id, row.version],
    queryFn: () => ask<Likeness[]>('GET', `/v1/${def.plural}/${row.id}/duplicates?limit=3&threshold=0.8`),
    enabled: has,
    retry: false,
    staleTime: 60_000,
  });
  const likely = found.data ?? [];
  if (!has || likely.length === 0) return null;
  const canMerge = may(def, 'update') && may(def, 'delete') && def.actions.some((action) => action.name === 'merge');
  return (
    <Alert color="orange" title={t('duplicates.title', { count: likely.length })}>
      {likely.map((one) => (
        <Group key={one.id} gap="sm" mt={4}>
          <RecordLink object={def.name} id={one.id} title={titleOf(def, one.record)} />
          <Text size="sm">
            {Math.round(one.score * 100)} % ·{' '}
            {one.reasons
              .filter((reason) => reason.weight > 0)
              .slice(0, 3)
              .map((reason) => names.value(reason.field))
              .join(', ')}
          </Text>
          {canMerge && (
            <Button size="compact-xs" variant="default" onClick={() => setWith(one.record)}>
              {t('duplicates.compare')}
            </Button>
          )}
        </Group>
      ))}
      <Suspense>{with_ && <Merge def={def} row={row} with_={with_} onClose={() => setWith(null)} />}</Suspense>
    </Alert>
  );
}
