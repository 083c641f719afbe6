import { Alert, Button, Card, Checkbox, FileButton, Group, Select, Stack, Table, Text, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Upload } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may, type ObjectDef, useCatalog } from '~/api/catalog';
import { ask } from '~/api/client';
import { isOver, type Job, jobQuery } from '~/api/jobs';
import { places } from '~/app/places';
import { deletions, inPortions, refresh } from '~/features/list/bulk';
import { complain, Fault, say } from '~/ui/complain';
import { useNames } from '~/ui/names';
import { usePageTitle } from '~/ui/page-title';
import { ScrollBox } from '~/ui/scroll-box';
import { type Sample, sampleOf } from './csv';
import { fillable, guess } from './guess';
import { JobReport } from './report';
import { begin, formatOf, madeBy } from './run';

const route = getRouteApi('/import');
/** Enough of a file for its heading and some rows. */
const LOOKED_AT = 64 * 1024;

/** From a file to records: see what is in it, say what goes where, try it, do it. */
export function ImportPage() {
  const { t } = useTranslation();
  const names = useNames();
  const catalog = useCatalog();
  const client = useQueryClient();
  const search = route.useSearch();
  const choices = places(catalog)
    .flatMap((place) => place.objects)
    .filter((def) => may(def, 'create'));
  const [object, setObject] = useState<string | null>(search.object ?? 'company');
  const [file, setFile] = useState<File | null>(null);
  const [sample, setSample] = useState<Sample | null>(null);
  const [mapping, setMapping] = useState<Record<string, string>>({});
  const [key, setKey] = useState<string | null>(null);
  const [isChecked, setChecked] = useState(false);
  const [jobId, setJobId] = useState<string | null>(null);
  const [isDry, setDry] = useState(true);
  const [fault, setFault] = useState<unknown>(null);
  const job = useQuery(jobQuery(jobId)).data;
  const def = catalog.find(object ?? undefined);
  usePageTitle(t('nav.import'));

  const take = async (next: File | null) => {
    setFile(next);
    setJobId(null);
    setFault(null);
    setSample(null);
    if (!next || !def || formatOf(next.name) !== 'csv') return;
    const seen = sampleOf(await next.slice(0, LOOKED_AT).text());
    setSample(seen);
    setMapping(guess(def, seen.columns));
  };
  const choose = (next: string | null) => {
    setObject(next);
    setJobId(null);
    setKey(null);
    const other = catalog.find(next ?? undefined);
    if (other && sample) setMapping(guess(other, sample.columns));
  };
  const run = async (dry: boolean) => {
    if (!file || !def) return;
    setFault(null);
    // The trial's result is no longer the one that is spoken of.
    setJobId(null);
    setDry(dry);
    const fields = Object.fromEntries(Object.entries(mapping).map(([column, path]) => [path, column]));
    try {
      const made = await begin(file, {
        object: def.name,
        format: formatOf(file.name),
        key: key ?? undefined,
        mapping: sample ? { fields } : undefined,
        dry_run: dry,
        allow_duplicates: !isChecked,
      });
      client.setQueryData(['job', made.id], made);
      setJobId(made.id);
    } catch (error) {
      setFault(error);
    }
  };
  const undo = async (done: Job, of: ObjectDef) => {
    try {
      const result = await inPortions(of, deletions(await madeBy(done)), () => {});
      say(t('import.undone', { count: result.done }));
      refresh(client, of);
    } catch (error) {
      complain(error);
    }
  };
  const isRunning = jobId !== null && !isOver(job);
  return (
    <Stack p="md" maw={1100}>
      <Title order={1} size="h3">
        {t('import.title')}
      </Title>
      <Card withBorder>
        <Group align="end">
          <Select
            label={t('import.what')}
            searchable
            allowDeselect={false}
            data={choices.map((one) => ({ value: one.name, label: names.many(one) }))}
            value={object}
            onChange={choose}
          />
          <FileButton
            onChange={(next) => void take(next)}
            accept=".csv,.tsv,.txt,.ndjson,.jsonl,.xlsx,.vcf"
            inputProps={{ 'aria-label': t('import.file') }}
          >
            {(props) => (
              <Button
                {...props}
                variant="default"
                leftSection={<Upload size={16} />}
                onDragOver={(event) => event.preventDefault()}
                onDrop={(event) => {
                  event.preventDefault();
                  void take(event.dataTransfer.files[0] ?? null);
                }}
              >
                {file ? file.name : t('import.drop')}
              </Button>
            )}
          </FileButton>
          <Text size="sm" c="dimmed">
            {t('import.formats')}
          </Text>
        </Group>
      </Card>
      {def && sample && (
        <Card withBorder>
          <Title order={2} size="h5" mb="xs">
            {t('import.mapping')}
          </Title>
          <ScrollBox minWidth={620}>
            <Table verticalSpacing={4}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('import.column')}</Table.Th>
                  <Table.Th>{t('import.samples')}</Table.Th>
                  <Table.Th w={280}>{t('bulk.field')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {sample.columns.map((column, at) => (
                  <Table.Tr key={column}>
                    <Table.Td fw={600}>{column}</Table.Td>
                    <Table.Td c="dimmed">
                      {sample.rows
                        .map((row) => row[at])
                        .filter(Boolean)
                        .slice(0, 3)
                        .join(' · ')}
                    </Table.Td>
                    <Table.Td>
                      <Select
                        size="xs"
                        searchable
                        clearable
                        aria-label={t('import.to', { column })}
                        placeholder={t('import.ignored')}
                        data={fillable(def).map((field) => ({
                          value: field.path,
                          label: names.field(field) + (field.required ? ' *' : ''),
                        }))}
                        value={mapping[column] ?? null}
                        onChange={(path) =>
                          setMapping((before) => {
                            const next = Object.fromEntries(
                              Object.entries(before).filter(([one, to]) => one !== column && to !== path),
                            );
                            return path ? { ...next, [column]: path } : next;
                          })
                        }
                      />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </ScrollBox>
        </Card>
      )}
      {def && file && (
        <Card withBorder>
          <Group align="end">
            <Select
              label={t('import.key')}
              description={t('import.key_why')}
              clearable
              data={fillable(def)
                .filter((field) => field.unique || field.type === 'email')
                .map((field) => ({ value: field.path, label: names.field(field) }))}
              value={key}
              onChange={setKey}
              w={320}
            />
            {def.views.some((view) => view.name === 'duplicates') && (
              <Checkbox
                label={t('import.check')}
                checked={isChecked}
                onChange={(event) => setChecked(event.currentTarget.checked)}
              />
            )}
          </Group>
          <Group mt="md">
            <Button variant="default" loading={isRunning && isDry} disabled={isRunning} onClick={() => void run(true)}>
              {t('import.try')}
            </Button>
            <Button loading={isRunning && !isDry} disabled={isRunning} onClick={() => void run(false)}>
              {t('import.do')}
            </Button>
            {isRunning && job && (
              <Button
                variant="subtle"
                color="red"
                onClick={() => void ask('POST', `/v1/jobs/${job.id}/cancel`, {}).catch(complain)}
              >
                {t('import.cancel')}
              </Button>
            )}
          </Group>
        </Card>
      )}
      {fault !== null && (
        <Alert color="red" role="alert">
          <Fault error={fault} />
        </Alert>
      )}
      {job && def && <JobReport job={job} def={def} isDry={isDry} onUndo={() => void undo(job, def)} />}
    </Stack>
  );
}
