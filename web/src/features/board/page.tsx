import { Button, Group, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type FieldDef, may, type ObjectDef, useCatalog } from '~/api/catalog';
import { ask } from '~/api/client';
import { useMe } from '~/api/me';
import { patchOf, type Row, titleOf } from '~/api/record';
import { useRefresh } from '~/api/records';
import { LoadingPage, NotFoundPage } from '~/app/pages';
import { Choice } from '~/features/list/choice';
import { allOf, toFilter } from '~/features/list/filter';
import { Layouts } from '~/features/list/layouts';
import { Narrow } from '~/features/list/narrow';
import { ViewsMenu } from '~/features/list/views-menu';
import { ActionDialog } from '~/features/record/action-dialog';
import { complain, say } from '~/ui/complain';
import { useNames } from '~/ui/names';
import { usePageTitle } from '~/ui/page-title';
import './board.css';
import { boardField, boardFields } from './columns';
import { type Cards, columnValue, pipelinesQuery, referredQuery, stagesQuery, sumsQuery } from './data';
import { Lane } from './lane';
import { type Column, type Move, moveTo } from './moves';
import { type BoardSearch, boardDefinition } from './view';

const QuickCreate = lazy(() => import('~/features/create/quick'));
const route = getRouteApi('/records/$plural/board');

/** The records of any object that has states, as columns. */
export function BoardPage() {
  const { plural } = route.useParams();
  const { by: path } = route.useSearch();
  const def = useCatalog().collection(plural);
  const by = def && boardField(def, path);
  if (!def || !may(def, 'read') || !by) return <NotFoundPage />;
  if (by.type !== 'reference') return <ValueBoard def={def} by={by} />;
  return by.object === 'stage' ? <StageBoard def={def} by={by} /> : <ReferenceBoard def={def} by={by} />;
}

interface Props {
  def: ObjectDef;
  by: FieldDef;
}

function ValueBoard({ def, by }: Props) {
  const names = useNames();
  const { t } = useTranslation();
  const columns = useMemo(() => {
    const all = by.type === 'bool' ? ['true', 'false'] : (by.values ?? []);
    const label = (value: string) => names.value({ true: 'yes', false: 'no' }[value] ?? value);
    const values = all.map((value): Column => ({ key: value, label: label(value) }));
    return by.required || by.default ? values : [...values, { key: '', label: t('board.without') }];
  }, [by, names, t]);
  return <Board def={def} by={by} columns={columns} />;
}

function ReferenceBoard({ def, by }: Props) {
  const { t } = useTranslation();
  const target = useCatalog().find(by.object) ?? def;
  const { filter, q } = route.useSearch();
  const only = useMemo(() => ({ filter: toFilter(filter), q }), [filter, q]);
  const found = useQuery(referredQuery(def, by, target, only)).data;
  const columns = useMemo(
    () => found && (by.required ? found : [...found, { key: '', label: t('board.without') }]),
    [found, by, t],
  );
  return columns ? <Board def={def} by={by} columns={columns} /> : <LoadingPage />;
}

function StageBoard({ def, by }: Props) {
  const { t } = useTranslation();
  const set = useSet(def);
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
  const chooser = (
    <Choice
      label={t('board.pipeline')}
      value={pipeline}
      options={pipelines?.map((one) => ({ value: one.id, label: String(one.name) })) ?? []}
      onChoose={(next) => set({ pipeline: next })}
    />
  );
  if (columns.length === 0) return null;
  return <Board def={def} by={by} columns={columns} pipeline={pipeline} chooser={chooser} />;
}

/** Changes what the board shows. */
function useSet(def: ObjectDef) {
  const navigate = useNavigate();
  return (change: Partial<BoardSearch>) =>
    void navigate({
      to: '/records/$plural/board',
      params: { plural: def.plural },
      search: (before: BoardSearch) => ({ ...before, ...change }),
      replace: true,
    });
}

interface BoardProps extends Props {
  columns: Column[];
  pipeline?: string;
  chooser?: React.ReactNode;
}

interface Asking {
  row: Row;
  move: Move;
}

function Board({ def, by, columns, pipeline, chooser }: BoardProps) {
  const { t } = useTranslation();
  const names = useNames();
  const set = useSet(def);
  const me = useMe();
  const client = useQueryClient();
  const again = useRefresh(def);
  const search = route.useSearch();
  const [asking, setAsking] = useState<Asking | null>(null);
  const [isCreating, setCreating] = useState(false);
  usePageTitle(`${names.many(def)} · ${t('list.board')}`);
  const choices = boardFields(def);
  const fieldsToBe = choices.includes(by) ? choices : [by, ...choices];
  const { owner, q, filter } = search;
  const only = useMemo(() => {
    const at = (field: string, value: string | undefined) => (value ? { field, op: 'eq', value } : undefined);
    return { filter: allOf(at('pipeline_id', pipeline), at('owner_id', owner), toFilter(filter)), q };
  }, [pipeline, owner, filter, q]);
  const sums = useQuery(sumsQuery(def, by, only)).data;
  const keyOf = (column: Column) => ['board', def.name, 'cards', by.path, column.key, only];

  const moving = useMutation({
    mutationFn: ({ row, move }: { row: Row; from: Column; to: Column; move: Move }) =>
      move.action
        ? ask('POST', `/v1/${def.plural}/${row.id}/${move.action.name}`, move.input)
        : ask(
            'PATCH',
            `/v1/${def.plural}/${row.id}`,
            patchOf(by.path, columnValue(by, String(move.input[by.path] ?? ''))),
          ),
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
          <Choice
            label={t('board.by')}
            width={170}
            value={by.path}
            options={fieldsToBe.map((field) => ({ value: field.path, label: names.field(field) }))}
            onChoose={(next) => set({ by: next })}
          />
          {chooser}
          {def.owned && (
            <Button
              size="xs"
              variant={search.owner ? 'light' : 'default'}
              aria-pressed={Boolean(search.owner)}
              onClick={() => set({ owner: search.owner ? undefined : (me.user?.id ?? undefined) })}
            >
              {t('board.mine')}
            </Button>
          )}
          <Narrow def={def} q={search.q} filter={search.filter} onChange={set} />
        </Group>
        <Group gap={6}>
          <Layouts def={def} here="board" q={search.q} filter={search.filter} />
          <ViewsMenu
            def={def}
            kind="board"
            saved={search.saved}
            definition={() => boardDefinition({ ...search, pipeline }, by.path)}
          />
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
            only={only}
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
