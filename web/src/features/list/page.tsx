import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useDeferredValue, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type FieldDef, may, type ObjectDef, useCatalog } from '~/api/catalog';
import type { Row } from '~/api/record';
import { useOffer } from '~/app/doings';
import { LoadingPage, NotFoundPage } from '~/app/pages';
import { Fault } from '~/ui/complain';
import { useNames } from '~/ui/names';
import { usePageTitle } from '~/ui/page-title';
import { questionOf, totalsQuery, useCellEdit } from './data';
import { Grid } from './grid';
import { useOpen } from './open';
import { useRows } from './rows';
import { useSelection } from './selection';
import { Toolbar } from './toolbar';
import { Totals } from './totals';
import { columnsOf, type View } from './view';
import { isPlain, useMeant, viewOf } from './views';

const QuickCreate = lazy(() => import('~/features/create/quick'));
const bulkBar = () => import('./bulk-bar');
const BulkBar = lazy(bulkBar);
const ExportDialog = lazy(() => import('./export'));
const route = getRouteApi('/records/$plural');

/** Whoever moves among the rows may mark some. */
const warm = () => void bulkBar();

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
  const open = useOpen(def);
  const meant = useMeant(def, view);
  useEffect(() => {
    if (meant) open(meant, true);
  }, [meant, open]);
  const isSaying = meant && (meant.kind !== 'list' || !isPlain({ ...viewOf(meant), saved: undefined }));
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

  const onSort = useCallback((sort: string | undefined) => set({ sort }), [set]);
  const openCreate = useCallback(() => setCreating(true), []);
  const openExport = useCallback(() => setExporting(true), []);
  const sums = useMemo(() => <Totals def={def} columns={columns} question={question} />, [def, columns, question]);
  // The mark is seen first, what can be done with it a moment later.
  const marked = useDeferredValue(selection);
  const { reload } = rows;
  useOffer([
    { id: 'export', label: `${t('list.export')}: ${names.many(def)}`, run: openExport },
    { id: 'reload', label: t('list.reload'), run: reload },
  ]);

  return (
    <div className="list-page">
      <Toolbar
        def={def}
        view={view}
        columns={columns}
        isBusy={rows.isFetching && !rows.isLoading}
        onChange={set}
        onReload={reload}
        onExport={openExport}
        onCreate={openCreate}
      />
      <Suspense>
        {marked.size > 0 && (
          <BulkBar def={def} columns={columns} selection={marked} question={question} total={total} />
        )}
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
          onSort={onSort}
          onEnter={warm}
          onEdit={onEdit}
          totals={sums}
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
