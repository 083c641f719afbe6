import { Button, Grid, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type FieldDef, fields, type ObjectDef, useCatalog } from '~/api/catalog';
import { ask } from '~/api/client';
import { relationOf } from '~/api/record';
import { LoadingPage } from '~/app/pages';
import type { Group as Filter } from '~/features/list/filter';
import { toFilter } from '~/features/list/filter';
import FilterBuilder from '~/features/list/filters';
import { Fault } from '~/ui/complain';
import { useNames } from '~/ui/names';
import { CHARTS } from './chart-kinds';
import { zone } from './data';
import type { Result } from './result';

const Chart = lazy(() => import('./chart'));
const BUCKETS = ['day', 'week', 'month', 'quarter', 'year'];
const FUNCTIONS = ['count', 'sum', 'avg', 'min', 'max'];

interface Choices {
  keys: { value: string; label: string; isTime: boolean }[];
  numbers: { value: string; label: string }[];
}

/** What a report can group by and add up. */
function choicesOf(
  def: ObjectDef,
  find: (name?: string) => ObjectDef | undefined,
  nameOf: (field: FieldDef) => string,
): Choices {
  const all = fields(def);
  const plain = all.filter((field) =>
    ['enum', 'bool', 'country', 'currency', 'date', 'datetime', 'text'].includes(field.type),
  );
  const related = all.flatMap((field) => {
    const target = field.type === 'reference' ? find(field.object) : undefined;
    return target && target.name_field !== 'id'
      ? [{ value: `${relationOf(field)}.${target.name_field}`, label: nameOf(field), isTime: false }]
      : [];
  });
  return {
    keys: [
      ...related,
      ...plain.map((field) => ({
        value: field.path,
        label: nameOf(field),
        isTime: field.type === 'date' || field.type === 'datetime',
      })),
    ],
    numbers: all
      .filter((field) => ['money', 'integer', 'decimal'].includes(field.type) && field.path !== 'version')
      .map((field) => ({ value: field.path, label: nameOf(field) })),
  };
}

/** Builds an aggregate: of what, by what, which figure, which chart; the result is there while it is built. */
export function Builder({ onClose, onSave }: { onClose: () => void; onSave: (body: object) => void }) {
  const { t } = useTranslation();
  const names = useNames();
  const catalog = useCatalog();
  const [object, setObject] = useState('deal');
  const [key, setKey] = useState<string | null>(null);
  const [second, setSecond] = useState<string | null>(null);
  const [bucket, setBucket] = useState('month');
  const [fn, setFn] = useState('count');
  const [figure, setFigure] = useState<string | null>(null);
  const [chart, setChart] = useState<string>('bar');
  const [filter, setFilter] = useState<Filter>({ join: 'and', parts: [] });
  const [name, setName] = useState('');
  const def = catalog.find(object);
  const choices = def ? choicesOf(def, (one) => catalog.find(one), names.field) : { keys: [], numbers: [] };
  const isTime = (path: string | null) => choices.keys.some((one) => one.value === path && one.isTime);
  const group = (path: string | null) =>
    path ? [isTime(path) ? { field: path, bucket, time_zone: isDate(def, path) ? undefined : zone() } : path] : [];
  const definition = {
    filter: toFilter(filter),
    group_by: [...group(key), ...group(second)],
    measures: [
      fn === 'count' || !figure
        ? { fn: 'count', as: 'count' }
        : { fn, field: figure, as: `${fn}_${figure.split('.').pop()}` },
    ],
    limit: 200,
  };
  const [asked] = useDebouncedValue(JSON.stringify(definition), 300);
  const preview = useQuery({
    queryKey: ['preview', object, asked],
    queryFn: async (): Promise<Result> => {
      const rows = await ask<Record<string, unknown>[]>('POST', `/v1/${def?.plural}/aggregate`, JSON.parse(asked));
      return { columns: Object.keys(rows[0] ?? {}), rows };
    },
    enabled: def !== undefined,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const objects = catalog.readable
    .filter((one) => !one.read_only)
    .map((one) => ({ value: one.name, label: names.many(one) }));
  return (
    <Modal opened onClose={onClose} size="80rem" title={t('report.new')}>
      <Grid>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Stack gap="sm">
            <Select
              label={t('report.of')}
              searchable
              allowDeselect={false}
              data={objects}
              value={object}
              onChange={(next) => {
                if (!next) return;
                setObject(next);
                setKey(null);
                setSecond(null);
                setFigure(null);
                setFilter({ join: 'and', parts: [] });
              }}
            />
            <Select
              label={t('report.by')}
              clearable
              searchable
              data={choices.keys.map(({ value, label }) => ({ value, label }))}
              value={key}
              onChange={setKey}
            />
            <Select
              label={t('report.and_by')}
              clearable
              searchable
              data={choices.keys.map(({ value, label }) => ({ value, label }))}
              value={second}
              onChange={setSecond}
            />
            {(isTime(key) || isTime(second)) && (
              <Select
                label={t('report.bucket')}
                allowDeselect={false}
                data={BUCKETS.map((one) => ({ value: one, label: t(`report.buckets.${one}`) }))}
                value={bucket}
                onChange={(next) => next && setBucket(next)}
              />
            )}
            <Group grow align="end">
              <Select
                label={t('report.figure')}
                allowDeselect={false}
                data={FUNCTIONS.map((one) => ({ value: one, label: t(`report.fns.${one}`) }))}
                value={fn}
                onChange={(next) => next && setFn(next)}
              />
              {fn !== 'count' && (
                <Select
                  aria-label={t('report.figure')}
                  searchable
                  data={choices.numbers}
                  value={figure}
                  onChange={setFigure}
                />
              )}
            </Group>
            <Select
              label={t('report.chart')}
              allowDeselect={false}
              data={CHARTS.map((one) => ({ value: one, label: t(`report.charts.${one}`) }))}
              value={chart}
              onChange={(next) => next && setChart(next)}
            />
            <TextInput label={t('views.name')} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Stack>
            {def && <FilterBuilder def={def} value={filter} onChange={setFilter} />}
            {preview.error ? <Fault error={preview.error} /> : null}
            <Suspense fallback={<LoadingPage />}>
              {preview.data && <Chart chart={chart} result={preview.data} title={name} />}
            </Suspense>
            <Text size="xs" c="dimmed">
              {t('report.live')}
            </Text>
          </Stack>
        </Grid.Col>
      </Grid>
      <Group justify="end" mt="md">
        <Button variant="default" onClick={onClose}>
          {t('cancel')}
        </Button>
        <Button
          disabled={!name.trim()}
          onClick={() => onSave({ name: name.trim(), kind: 'aggregate', target_object: object, definition, chart })}
        >
          {t('report.save')}
        </Button>
      </Group>
    </Modal>
  );
}

/** Buckets of days have no time zone. */
function isDate(def: ObjectDef | undefined, path: string): boolean {
  return def?.fields.find((field) => field.path === path)?.type === 'date';
}
