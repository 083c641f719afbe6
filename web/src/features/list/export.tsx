import { Button, Group, Modal, Progress, SegmentedControl, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FieldDef, ObjectDef } from '~/api/catalog';
import { ask, download } from '~/api/client';
import { type Job, jobQuery } from '~/api/jobs';
import { complain } from '~/ui/complain';
import { number } from '~/ui/format';
import { useNames } from '~/ui/names';
import type { Question } from './data';

const MEDIA: Record<string, string> = {
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

/** Writes what the list shows to a file: a job of the server, which goes on when the page is left. */
export default function ExportDialog({
  def,
  columns,
  question,
  onClose,
}: {
  def: ObjectDef;
  columns: FieldDef[];
  question: Question;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const names = useNames();
  const [format, setFormat] = useState('csv');
  const [which, setWhich] = useState('columns');
  const [id, setId] = useState<string | null>(null);
  const job = useQuery(jobQuery(id)).data;
  const begin = async () => {
    try {
      const fields =
        which === 'columns' ? ['id', ...columns.map((field) => field.path).filter((path) => path !== 'id')] : undefined;
      const made = await ask<Job>('POST', '/v1/exports', {
        object: def.name,
        format,
        fields,
        filter: question.filter,
        q: question.q,
        sort: question.sort,
      });
      setId(made.id);
    } catch (error) {
      complain(error);
    }
  };
  const total = job?.progress?.total ?? 0;
  return (
    <Modal opened onClose={onClose} title={t('export.title', { name: names.many(def) })}>
      <Stack>
        <SegmentedControl
          aria-label={t('export.format')}
          value={format}
          onChange={setFormat}
          data={Object.keys(MEDIA).map((one) => ({ value: one, label: one.toUpperCase() }))}
          disabled={id !== null}
        />
        <SegmentedControl
          aria-label={t('export.which')}
          value={which}
          onChange={setWhich}
          disabled={id !== null}
          data={[
            { value: 'columns', label: t('export.columns') },
            { value: 'all', label: t('export.all') },
          ]}
        />
        {job && (
          <>
            <Progress
              value={job.state === 'succeeded' ? 100 : total ? (100 * (job.progress?.done ?? 0)) / total : 10}
              aria-label={t('bulk.progress')}
            />
            <Text size="sm" role="status">
              {names.value(job.state)} · {number(job.progress?.done ?? 0)} {job.error}
            </Text>
          </>
        )}
        <Group justify="end">
          {job?.state === 'succeeded' ? (
            <Button
              onClick={() =>
                void download(`/v1/jobs/${job.id}/result`, `${def.plural}.${format}`, `${MEDIA[format]}, */*`).catch(
                  complain,
                )
              }
            >
              {t('export.download')}
            </Button>
          ) : (
            <Button onClick={() => void begin()} loading={id !== null && job?.state !== 'failed'}>
              {t('export.begin')}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}
