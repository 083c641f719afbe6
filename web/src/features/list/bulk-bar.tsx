import { Progress as Bar, Button, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type FieldDef, fields, field as findField, may, type ObjectDef } from '~/api/catalog';
import { ask } from '~/api/client';
import type { Row } from '~/api/record';
import { FieldInput } from '~/fields/input';
import { complain, say } from '~/ui/complain';
import { number } from '~/ui/format';
import { useNames } from '~/ui/names';
import {
  allIds,
  before,
  changes,
  deletions,
  inPortions,
  MOST_AT_ONCE,
  type Progress,
  refresh,
  restorations,
} from './bulk';
import { isEditable } from './cell';
import type { Question } from './data';
import type { Selection } from './selection';

interface Props {
  def: ObjectDef;
  selection: Selection;
  columns: FieldDef[];
  question: Question;
  total?: number;
}

const Merge = lazy(() => import('~/features/record/merge'));
const ExportDialog = lazy(() => import('./export'));

/** What can be done to the records that are marked: change a field, assign, merge, export, delete, bring back. */
export default function BulkBar({ def, columns, selection, question, total }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [changing, setChanging] = useState<'field' | 'owner' | null>(null);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [pair, setPair] = useState<[Row, Row] | null>(null);
  const [isExporting, setExporting] = useState(false);
  if (selection.size === 0 && !progress) return null;
  const canMerge =
    may(def, 'update') &&
    may(def, 'delete') &&
    def.views.some((view) => view.name === 'duplicates') &&
    def.actions.some((action) => action.name === 'merge');

  const compare = async () => {
    try {
      const read = (id: string | undefined) => ask<Row>('GET', `/v1/${def.plural}/${id}`);
      setPair(await Promise.all([read(selection.ids[0]), read(selection.ids[1])]));
    } catch (error) {
      complain(error);
    }
  };

  const run = async (operations: Record<string, unknown>[], undo?: Record<string, unknown>[]) => {
    setProgress({ done: 0, failed: 0, total: operations.length });
    try {
      const result = await inPortions(def, operations, setProgress);
      if (result.failed > 0) complain(new Error(t('bulk.refused', { count: result.failed, why: result.why ?? '' })));
      if (result.done > 0) {
        const said = t('bulk.done', { count: result.done });
        say(said, undo ? { label: t('bulk.undo'), run: () => void run(undo) } : undefined);
      }
      selection.clear();
    } catch (error) {
      complain(error);
    } finally {
      setProgress(null);
      refresh(client, def);
    }
  };

  const change = async (path: string, value: unknown) => {
    setChanging(null);
    const ids = selection.ids;
    try {
      await run(changes(ids, path, value), await before(def, ids, path));
    } catch (error) {
      complain(error);
    }
  };

  return (
    <Group className="bulk-bar" px="sm" py={6} gap="xs" role="region" aria-label={t('bulk.region')}>
      {progress ? (
        <>
          <Bar
            value={(100 * (progress.done + progress.failed)) / Math.max(1, progress.total)}
            w={220}
            aria-label={t('bulk.progress')}
          />
          <Text size="sm" role="status">
            {number(progress.done + progress.failed)} / {number(progress.total)}
          </Text>
        </>
      ) : (
        <>
          <Text size="sm" fw={600}>
            {t('bulk.chosen', { count: selection.size, shown: number(selection.size) })}
          </Text>
          {total !== undefined && total > selection.size && (
            <Button
              size="compact-sm"
              variant="subtle"
              onClick={() => void allIds(def, question).then(selection.add, complain)}
            >
              {t('bulk.all', { shown: number(Math.min(total, MOST_AT_ONCE)) })}
            </Button>
          )}
          {question.deleted ? (
            <Button size="compact-sm" variant="light" onClick={() => void run(restorations(selection.ids))}>
              {t('bulk.restore')}
            </Button>
          ) : (
            <>
              {may(def, 'update') && (
                <Button size="compact-sm" variant="light" onClick={() => setChanging('field')}>
                  {t('bulk.change')}
                </Button>
              )}
              {may(def, 'update') && def.owned && (
                <Button size="compact-sm" variant="light" onClick={() => setChanging('owner')}>
                  {t('bulk.assign')}
                </Button>
              )}
              {canMerge && selection.size === 2 && (
                <Button size="compact-sm" variant="light" onClick={() => void compare()}>
                  {t('bulk.merge')}
                </Button>
              )}
              <Button size="compact-sm" variant="light" onClick={() => setExporting(true)}>
                {t('bulk.export')}
              </Button>
              {may(def, 'delete') && (
                <Button
                  size="compact-sm"
                  variant="light"
                  color="red"
                  onClick={() => void run(deletions(selection.ids), restorations(selection.ids))}
                >
                  {t('bulk.delete')}
                </Button>
              )}
            </>
          )}
          <Button size="compact-sm" variant="subtle" color="gray" onClick={selection.clear}>
            {t('bulk.none')}
          </Button>
        </>
      )}
      <Suspense>
        {pair && (
          <Merge
            def={def}
            row={pair[0]}
            with_={pair[1]}
            onClose={() => setPair(null)}
            onDone={() => {
              selection.clear();
              refresh(client, def);
            }}
          />
        )}
        {isExporting && (
          <ExportDialog
            def={def}
            columns={columns}
            question={{ ...question, q: undefined, filter: { field: 'id', op: 'in', value: selection.ids } }}
            onClose={() => setExporting(false)}
          />
        )}
      </Suspense>
      {changing && (
        <ChangeDialog
          def={def}
          only={changing === 'owner' ? findField(def, 'owner_id') : undefined}
          count={selection.size}
          onClose={() => setChanging(null)}
          onSave={(path, value) => void change(path, value)}
        />
      )}
    </Group>
  );
}

interface DialogProps {
  def: ObjectDef;
  only?: FieldDef;
  count: number;
  onClose: () => void;
  onSave: (path: string, value: unknown) => void;
}

function ChangeDialog({ def, only, count, onClose, onSave }: DialogProps) {
  const { t } = useTranslation();
  const names = useNames();
  const [chosen, setChosen] = useState<FieldDef | undefined>(only);
  const [value, setValue] = useState<unknown>(null);
  const choices = fields(def).filter(isEditable);
  return (
    <Modal opened onClose={onClose} title={t('bulk.change_title', { count })}>
      <Stack>
        {!only && (
          <Select
            label={t('bulk.field')}
            searchable
            data-autofocus
            data={choices.map((field) => ({ value: field.path, label: names.field(field) }))}
            value={chosen?.path ?? null}
            onChange={(path) => {
              setChosen(choices.find((field) => field.path === path));
              setValue(null);
            }}
          />
        )}
        {chosen && (
          <FieldInput
            field={{ ...chosen, required: false }}
            value={value}
            onChange={setValue}
            autoFocus={Boolean(only)}
          />
        )}
        <Group justify="end">
          <Button variant="default" onClick={onClose}>
            {t('cancel')}
          </Button>
          <Button disabled={!chosen} onClick={() => chosen && onSave(chosen.path, value)}>
            {t('bulk.apply')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
