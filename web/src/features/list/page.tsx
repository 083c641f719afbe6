import { ActionIcon, Button, Group, Popover, TextInput, Title, Tooltip } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Download, Filter as FilterIcon, Kanban, Plus, RotateCw, Search } from 'lucide-react';
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type FieldDef, may, type ObjectDef, useCatalog } from '~/api/catalog';
import type { Row } from '~/api/record';
import { LoadingPage, NotFoundPage } from '~/app/pages';
import { boardFields } from '~/features/board/columns';
import { Fault } from '~/ui/complain';
import { useNames } from '~/ui/names';
import { usePageTitle } from '~/ui/page-title';
import { ColumnsMenu } from './columns';
import { questionOf, totalsQuery, useCellEdit } from './data';
import { countOf } from './filter';
import { Grid } from './grid';
import { useRows } from './rows';
import { useSelection } from './selection';
import { Totals } from './totals';
import { columnsOf, type View } from './view';
import { isPlain, useMeant, viewOf } from './views';
import { ViewsMenu } from './views-menu';

const QuickCreate = lazy(() => import('~/features/create/quick'));
const BulkBar = lazy(() => import('./bulk-bar'));
const FilterBuilder = lazy(() => import('./filters'));
const ExportDialog = lazy(() => import('./export'));
const route = getRouteApi('/records/$plural');

/** The list of any object. */
export function ListPage() {
  const { plural } = route.useParams();
  const def = useCatalog().collection(plural);
  if (!def || !may(def, 'read')) return <NotFoundPage />;
  return <Meant key={def.name} def={def} />;
}

/** The list, when it is known what its address means: a saved view by its id, or the caller's own choice. */
function Meant({ def }: { def: ObjectDef }) {
  const view = route.useSearch();
  const navigate = useNavigate();
  const meant = useMeant(def, view);
  useEffect(() => {
    if (meant)
      void navigate({
        to: '/records/$plural',
        params: { plural: def.plural },
        search: () => viewOf(meant),
        replace: true,
      });
  }, [meant, navigate, def.plural]);
  const isSaying = meant && !isPlain({ ...viewOf(meant), saved: undefined });
  return meant === undefined || isSaying ? <LoadingPage /> : <List def={def} />;
}

function List({ def }: { def: ObjectDef }) {
  const { t } = useTranslation();
  const names = useNames();
  const view = route.useSearch();
  const navigate = useNavigate();
  const selection = useSelection();
  const [isCreating, setCreating] = useState(false);
  const [isExporting, setExporting] = useState(false);
  usePageTitle(names.many(def));

  const set = useCallback(
    (change: Partial<View>) =>
      void navigate({
        to: '/records/$plural',
        params: { plural: def.plural },
        search: (before: View) => ({ ...before, ...change }),
        replace: true,
      }),
    [navigate, def.plural],
  );
  const columns = useMemo(() => columnsOf(def, view), [def, view]);
  const question = useMemo(() => questionOf(def, columns, view), [def, columns, view]);
  const totals = useQuery(totalsQuery(def, columns, question));
  const total = totals.isPlaceholderData
    ? undefined
    : totals.data?.rows.reduce((sum, row) => sum + Number(row.n ?? 0), 0);
  const rows = useRows(def, question, total);
  const { mutate } = useCellEdit(def);
  const onEdit = useCallback((row: Row, field: FieldDef, value: unknown) => mutate({ row, field, value }), [mutate]);

  return (
    <div style={{ display: 'flex', flexDirection: 'column', flex: '1 1 0', minHeight: 320 }}>
      <Group px="sm" py="xs" gap="xs" justify="space-between">
        <Group gap="xs">
          <Title order={1} size="h4">
            {names.many(def)}
          </Title>
          {(view.q || def.fields.some((field) => field.searched)) && (
            <SearchBox key={view.q ?? ''} value={view.q} onChange={(q) => set({ q })} />
          )}
          <FilterMenu def={def} view={view} onChange={(filter) => set({ filter })} />
        </Group>
        <Group gap={6}>
          {boardFields(def).length > 0 && (
            <Button
              size="xs"
              variant="default"
              leftSection={<Kanban size={14} />}
              renderRoot={(props) => <Link to="/records/$plural/board" params={{ plural: def.plural }} {...props} />}
            >
              {t('list.board')}
            </Button>
          )}
          <ViewsMenu def={def} view={view} columns={columns} />
          <ColumnsMenu def={def} value={columns.map((field) => field.path)} onChange={(cols) => set({ cols })} />
          <Tooltip label={t('list.export')}>
            <ActionIcon variant="default" size={30} onClick={() => setExporting(true)} aria-label={t('list.export')}>
              <Download size={16} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={t('list.reload')}>
            <ActionIcon
              variant="default"
              size={30}
              loading={rows.isFetching && !rows.isLoading}
              onClick={rows.reload}
              aria-label={t('list.reload')}
            >
              <RotateCw size={16} />
            </ActionIcon>
          </Tooltip>
          {may(def, 'create') && (
            <Button size="xs" leftSection={<Plus size={14} />} onClick={() => setCreating(true)}>
              {names.one(def)}
            </Button>
          )}
        </Group>
      </Group>
      <Suspense>
        {selection.size > 0 && <BulkBar def={def} selection={selection} question={question} total={total} />}
      </Suspense>
      {rows.error && rows.loaded.length === 0 ? (
        <div role="alert" style={{ padding: 24 }}>
          <Fault error={rows.error} />
        </div>
      ) : (
        <Grid
          def={def}
          columns={columns}
          rows={rows}
          question={question}
          sort={view.sort}
          selection={selection}
          onSort={(sort) => set({ sort })}
          onEdit={onEdit}
          totals={<Totals def={def} columns={columns} question={question} />}
        />
      )}
      <Suspense>
        {isCreating && <QuickCreate object={def.name} onClose={() => setCreating(false)} />}
        {isExporting && (
          <ExportDialog def={def} columns={columns} question={question} onClose={() => setExporting(false)} />
        )}
      </Suspense>
    </div>
  );
}

function SearchBox({ value, onChange }: { value?: string; onChange: (value: string | undefined) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(value ?? '');
  const later = useDebouncedCallback((next: string) => onChange(next.trim() || undefined), 250);
  useEffect(() => later.cancel, [later]);
  return (
    <TextInput
      size="xs"
      w={180}
      type="search"
      leftSection={<Search size={14} />}
      placeholder={t('list.search')}
      aria-label={t('list.search')}
      autoFocus={Boolean(value)}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        later(event.currentTarget.value);
      }}
    />
  );
}

function FilterMenu({
  def,
  view,
  onChange,
}: {
  def: ObjectDef;
  view: View;
  onChange: (filter: View['filter']) => void;
}) {
  const { t } = useTranslation();
  const count = countOf(view.filter);
  return (
    <Popover position="bottom-start" width={640} withinPortal trapFocus shadow="md">
      <Popover.Target>
        <Button size="xs" variant={count > 0 ? 'light' : 'default'} leftSection={<FilterIcon size={14} />}>
          {count > 0 ? t('filter.some', { count }) : t('filter.title')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw="calc(100vw - 16px)">
        <div style={{ maxHeight: '60vh', overflow: 'auto' }}>
          <Suspense fallback={<LoadingPage />}>
            <FilterBuilder def={def} value={view.filter ?? { join: 'and', parts: [] }} onChange={onChange} />
          </Suspense>
        </div>
        {count > 0 && (
          <Button size="compact-xs" mt="xs" variant="subtle" color="gray" onClick={() => onChange(undefined)}>
            {t('filter.clear')}
          </Button>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
