import { Alert, Button, Card, Group, Stack, Text, Textarea, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may, type ObjectDef, useCatalog } from '~/api/catalog';
import { api, ask } from '~/api/client';
import { type Row, same, titleOf } from '~/api/record';
import { usePatch } from '~/api/records';
import { toGroup } from '~/features/list/conditions';
import { toFilter } from '~/features/list/filter';
import FilterBuilder from '~/features/list/filters';
import { RecordLink } from '~/fields/show';
import { Fault } from '~/ui/complain';
import { number } from '~/ui/format';
import { fromJson } from '~/ui/json';
import { useNames } from '~/ui/names';

const SHOWN = 10;

/** Whom a segment holds: built with its count beside it; one that is frozen shows whom it keeps. */
export default function SegmentRoom({ def, row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const target = useCatalog().find(String(row.target_object ?? ''));
  if (!target) return <Text c="dimmed">{t('segment.no_object')}</Text>;
  if (row.kind === 'frozen') return <Members target={target} row={row} />;
  return <Builder key={row.version} def={def} row={row} target={target} />;
}

interface Drawn {
  count: number;
  count_is_minimum: boolean;
  members: Row[];
}

function Builder({ def, row, target }: { def: ObjectDef; row: Row; target: ObjectDef }) {
  const { t } = useTranslation();
  const names = useNames();
  const patch = usePatch(def);
  const begin = toGroup(row.conditions);
  const [group, setGroup] = useState(begin ?? { join: 'and' as const, parts: [] });
  const [text, setText] = useState(begin ? null : JSON.stringify(row.conditions, null, 2));
  const read = text === null ? null : fromJson(text);
  const filter = read ? read.value : (toFilter(group) ?? null);
  const [asked] = useDebouncedValue(filter, 400);
  const found = useQuery({
    queryKey: ['list', target.name, 'segment', asked],
    queryFn: () =>
      api<Row[]>('POST', `/v1/${target.plural}/search`, {
        body: { filter: asked ?? undefined, limit: SHOWN, count: 'exact' },
      }),
    enabled: read === null,
    placeholderData: keepPreviousData,
    retry: false,
  });
  // A segment as a condition is known to segments only.
  const drawn = useQuery({
    queryKey: ['list', target.name, 'drawn', asked],
    queryFn: () =>
      ask<Drawn>('POST', '/v1/segments/preview', { target_object: target.name, conditions: asked, limit: SHOWN }),
    enabled: read !== null && !read.isFaulty,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const counted = (n: number) => (n === 1 ? names.one(target) : names.many(target));
  const count = read ? drawn.data?.count : found.data?.page?.total;
  const more = read && drawn.data?.count_is_minimum ? '+' : '';
  const fault = read ? drawn.error : found.error;
  return (
    <Stack>
      {text === null ? (
        <FilterBuilder def={target} value={group} onChange={setGroup} />
      ) : (
        <Textarea
          label={t('segment.conditions')}
          description={t('segment.as_json')}
          autosize
          minRows={5}
          styles={{ input: { fontFamily: 'monospace', fontSize: 13 } }}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          error={read?.isFaulty ? t('flow.no_json') : undefined}
        />
      )}
      {patch.error && (
        <Alert color="red" role="alert" title={t('error.title')}>
          <Fault error={patch.error} />
        </Alert>
      )}
      {may(def, 'update') && !same(filter, row.conditions ?? null) && (
        <Group>
          <Button
            loading={patch.isPending}
            disabled={read?.isFaulty}
            onClick={() => patch.mutate({ row, patch: { conditions: filter } })}
          >
            {t('segment.save')}
          </Button>
        </Group>
      )}
      <Card withBorder component="section" aria-label={t('segment.who')}>
        <Title order={2} size="h5" aria-live="polite">
          {count === undefined ? t('segment.who') : `${number(String(count))}${more} ${counted(count)}`}
        </Title>
        {fault && <Fault error={fault} />}
        <People rows={(read ? drawn.data?.members : found.data?.data) ?? []} target={target} />
      </Card>
    </Stack>
  );
}

function Members({ target, row }: { target: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const names = useNames();
  const count = useQuery({
    queryKey: ['record', 'segment', row.id, 'count', row.version],
    queryFn: () => ask<{ count: number; drawing: boolean }>('GET', `/v1/segments/${row.id}/count`),
    refetchInterval: (query) => (query.state.data?.drawing ? 1_000 : false),
  });
  const members = useQuery({
    queryKey: ['record', 'segment', row.id, 'members', row.version, count.data?.drawing],
    queryFn: () => ask<{ members: Row[] }>('GET', `/v1/segments/${row.id}/members?limit=50`),
  });
  return (
    <Card withBorder component="section" aria-label={t('segment.who')}>
      <Title order={2} size="h5">
        {t('segment.frozen')}: {count.data ? number(String(count.data.count)) : '…'}{' '}
        {count.data?.count === 1 ? names.one(target) : names.many(target)}
      </Title>
      {count.data?.drawing && <Text size="sm">{t('segment.drawing')}</Text>}
      {members.error && <Fault error={members.error} />}
      <People rows={members.data?.members ?? []} target={target} />
    </Card>
  );
}

function People({ rows, target }: { rows: Row[]; target: ObjectDef }) {
  return (
    <ul className="plain-list">
      {rows.map((one) => (
        <li key={one.id}>
          <RecordLink object={target.name} id={one.id} title={titleOf(target, one)} />
        </li>
      ))}
    </ul>
  );
}
