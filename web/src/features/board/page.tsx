import { Button, Group, Select, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Plus, Table2 } from 'lucide-react';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type FieldDef, may, type ObjectDef, useCatalog } from '~/api/catalog';
import { ask } from '~/api/client';
import { useMe } from '~/api/me';
import { patchOf, type Row, titleOf } from '~/api/record';
import { useRefresh } from '~/api/records';
import { NotFoundPage } from '~/app/pages';
import { allOf, type Filter } from '~/features/list/filter';
import { ActionDialog } from '~/features/record/action-dialog';
import { complain, say } from '~/ui/complain';
import { useNames } from '~/ui/names';
import { usePageTitle } from '~/ui/page-title';
import './board.css';
import { boardFields } from './columns';
import { type Cards, pipelinesQuery, stagesQuery, sumsQuery } from './data';
import { Lane } from './lane';
import { type Column, type Move, moveTo } from './moves';

const QuickCreate = lazy(() => import('~/features/create/quick'));
const route = getRouteApi('/records/$plural/board');

/** The records of any object that has states, as columns. */
export function BoardPage() {
  const { plural } = route.useParams();
  const { by: path } = route.useSearch();
  const def = useCatalog().collection(plural);
  const choices = def ? boardFields(def) : [];
  const by = choices.find((field) => field.path === path) ?? choices[0];
  if (!def || !may(def, 'read') || !by) return <NotFoundPage />;
  return by.type === 'reference' ? (
    <StageBoard def={def} by={by} choices={choices} />
  ) : (
    <EnumBoard def={def} by={by} choices={choices} />
  );
}

interface Props {
  def: ObjectDef;
  by: FieldDef;
  choices: FieldDef[];
}

function EnumBoard({ def, by, choices }: Props) {
  const names = useNames();
  const { t } = useTranslation();
  const columns = useMemo(() => {
    const values = (by.values ?? []).map((value): Column => ({ key: value, label: names.value(value) }));
    return by.required || by.default ? values : [...values, { key: '', label: t('board.without') }];
  }, [by, names, t]);
  return <Board def={def} by={by} choices={choices} columns={columns} only={undefined} />;
}

function StageBoard({ def, by, choices }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const search = route.useSearch();
  const pipelines = useQuery(pipelinesQuery).data;
  const pipeline = search.pipeline ?? pipelines?.[0]?.id;
  const stages = useQuery(stagesQuery(pipeline)).data;
  const columns = useMemo(
    () =>
      (stages ?? []).map(
        (stage): Column => ({
          key: stage.id,
          label: stage.name,
          kind: stage.kind,
          rottingDays: stage.rotting_days ?? undefined,
        }),
      ),
    [stages],
  );
  const only = useMemo(() => (pipeline ? { field: 'pipeline_id', op: 'eq', value: pipeline } : undefined), [pipeline]);
  const chooser =
    (pipelines?.length ?? 0) > 1 ? (
      <Select
        size="xs"
        aria-label={t('board.pipeline')}
        allowDeselect={false}
        value={pipeline ?? null}
        data={pipelines?.map((one) => ({ value: one.id, label: String(one.name) })) ?? []}
        onChange={(next) =>
          void navigate({
            to: '/records/$plural/board',
            params: { plural: def.plural },
            search: (before) => ({ ...before, pipeline: next ?? undefined }),
          })
        }
      />
    ) : null;
  if (columns.length === 0) return null;
  return <Board def={def} by={by} choices={choices} columns={columns} only={only} chooser={chooser} />;
}

interface BoardProps extends Props {
  columns: Column[];
  only: Filter | undefined;
  chooser?: React.ReactNode;
}

interface Asking {
  row: Row;
  move: Move;
}

function Board({ def, by, choices, columns, only, chooser }: BoardProps) {
  const { t } = useTranslation();
  const names = useNames();
  const navigate = useNavigate();
  const me = useMe();
  const client = useQueryClient();
  const again = useRefresh(def);
  const search = route.useSearch();
  const [asking, setAsking] = useState<Asking | null>(null);
  const [isCreating, setCreating] = useState(false);
  usePageTitle(`${names.many(def)} · ${t('list.board')}`);
  const filter = useMemo(
    () => allOf(only, search.owner ? { field: 'owner_id', op: 'eq', value: search.owner } : undefined),
    [only, search.owner],
  );
  const sums = useQuery(sumsQuery(def, by, filter)).data;
  const keyOf = (column: Column) => ['board', def.name, 'cards', by.path, column.key, filter];

  const moving = useMutation({
    mutationFn: ({ row, move }: { row: Row; from: Column; to: Column; move: Move }) =>
      move.action
        ? ask('POST', `/v1/${def.plural}/${row.id}/${move.action.name}`, move.input)
        : ask('PATCH', `/v1/${def.plural}/${row.id}`, patchOf(by.path, move.input[by.path])),
    // The card is where it was put at once, and goes back when the server refuses.
    onMutate: async ({ row, from, to }) => {
      await client.cancelQueries({ queryKey: ['board', def.name] });
      const before = [from, to].map((column) => [keyOf(column), client.getQueryData<Cards>(keyOf(column))] as const);
      client.setQueryData<Cards>(
        keyOf(from),
        (data) => data && { ...data, data: data.data.filter((one) => one.id !== row.id) },
      );
      client.setQueryData<Cards>(keyOf(to), (data) => data && { ...data, data: [row, ...data.data] });
      return { before };
    },
    onError: (_error, _move, context) => {
      for (const [key, data] of context?.before ?? []) client.setQueryData(key, data);
    },
    onSuccess: (_answer, { row, to }) => say(t('board.moved', { name: titleOf(def, row), to: to.label })),
    onSettled: (_answer, _error, { row }) => {
      again(row.id);
      requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-card="${row.id}"]`)?.focus());
    },
  });

  const onMove = (row: Row, from: Column, to: Column) => {
    if (!may(def, 'update')) return;
    const move = moveTo(def, by.path, to);
    if (from.kind && from.kind !== 'open' && to.kind === 'open') {
      const reopen = def.actions.find((action) => action.name === 'reopen');
      if (reopen) moving.mutate({ row, from, to, move: { action: reopen, input: { stage_id: to.key }, asks: false } });
      return;
    }
    if (move.asks) setAsking({ row, move });
    else moving.mutate({ row, from, to, move });
  };
  const onDrop = (id: string, from: string, to: Column) => {
    const source = columns.find((column) => column.key === from);
    const row = source && client.getQueryData<Cards>(keyOf(source))?.data.find((one) => one.id === id);
    if (source && row) onMove(row, source, to);
    else complain(new Error(t('error.missing')));
  };

  return (
    <div className="board-page">
      <Group px="sm" py="xs" gap="xs" justify="space-between">
        <Group gap="xs">
          <Title order={1} size="h4">
            {names.many(def)}
          </Title>
          {choices.length > 1 && (
            <Select
              size="xs"
              w={170}
              aria-label={t('board.by')}
              allowDeselect={false}
              value={by.path}
              data={choices.map((field) => ({ value: field.path, label: names.field(field) }))}
              onChange={(next) =>
                void navigate({
                  to: '/records/$plural/board',
                  params: { plural: def.plural },
                  search: (before) => ({ ...before, by: next ?? undefined }),
                })
              }
            />
          )}
          {chooser}
          {def.owned && (
            <Button
              size="xs"
              variant={search.owner ? 'light' : 'default'}
              aria-pressed={Boolean(search.owner)}
              onClick={() =>
                void navigate({
                  to: '/records/$plural/board',
                  params: { plural: def.plural },
                  search: (before) => ({ ...before, owner: before.owner ? undefined : (me.user?.id ?? undefined) }),
                })
              }
            >
              {t('board.mine')}
            </Button>
          )}
        </Group>
        <Group gap={6}>
          <Button
            size="xs"
            variant="default"
            leftSection={<Table2 size={14} />}
            renderRoot={(props) => <Link to="/records/$plural" params={{ plural: def.plural }} {...props} />}
          >
            {t('board.list')}
          </Button>
          {may(def, 'create') && (
            <Button size="xs" leftSection={<Plus size={14} />} onClick={() => setCreating(true)}>
              {names.one(def)}
            </Button>
          )}
        </Group>
      </Group>
      <div className="board">
        {columns.map((column) => (
          <Lane
            key={column.key}
            def={def}
            by={by}
            column={column}
            columns={columns}
            only={filter}
            sum={sums?.get(column.key)}
            onMove={onMove}
            onDrop={onDrop}
          />
        ))}
      </div>
      {asking?.move.action && (
        <ActionDialog
          def={def}
          row={asking.row}
          action={asking.move.action}
          given={asking.move.input}
          onClose={() => setAsking(null)}
          onDone={() => {
            say(
              t('action.done', {
                name: `${titleOf(def, asking.row)}: ${names.action(asking.move.action?.name ?? '')}`,
              }),
            );
            again(asking.row.id);
          }}
        />
      )}
      <Suspense>
        {isCreating && (
          <QuickCreate object={def.name} onClose={() => setCreating(false)} onMade={() => setCreating(false)} />
        )}
      </Suspense>
    </div>
  );
}
