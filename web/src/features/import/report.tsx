import { Alert, Anchor, Button, Card, Group, Progress, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { ObjectDef } from '~/api/catalog';
import { download } from '~/api/client';
import { isOver, type Job } from '~/api/jobs';
import { complain } from '~/ui/complain';
import { number } from '~/ui/format';
import { useNames } from '~/ui/names';
import { ScrollBox } from '~/ui/scroll-box';
import { results } from './run';

const SHOWN = 50;
const COUNTS = ['rows', 'created', 'updated', 'unchanged', 'corrected', 'skipped', 'refused'];

/** Milliseconds that are left, by the pace so far; undefined until there is one. */
export function timeLeft(job: Job, now: number): number | undefined {
  const { done = 0, total } = job.progress ?? {};
  const begun = job.created_at ? new Date(job.created_at).getTime() : now;
  if (!total || done === 0 || done >= total) return undefined;
  return ((now - begun) / done) * (total - done);
}

/** How an import goes, what it did, and what it refused row by row. */
export function JobReport({
  job,
  def,
  isDry,
  onUndo,
}: {
  job: Job;
  def: ObjectDef;
  isDry: boolean;
  onUndo: () => void;
}) {
  const { t } = useTranslation();
  const names = useNames();
  const report = job.report ?? {};
  const refused = Number(report.refused ?? 0);
  const rows = useQuery({
    queryKey: ['job', job.id, 'refused'],
    queryFn: () => results(job, 'refused'),
    enabled: isOver(job) && refused > 0,
  }).data;
  const { done = 0, total, failed = 0 } = job.progress ?? {};
  const remaining = timeLeft(job, Date.now());
  return (
    <Card withBorder>
      <Title order={2} size="h5" mb="xs">
        {isDry ? t('import.tried') : t('import.result')}
      </Title>
      {!isOver(job) && (
        <>
          <Progress value={total ? (100 * done) / total : 5} animated aria-label={t('bulk.progress')} />
          <Text size="sm" mt={4} role="status">
            {names.value(job.state)} · {number(done)}
            {total ? ` / ${number(total)}` : ''} · {t('import.refused', { count: failed })}
            {remaining !== undefined && ` · ${t('import.left', { count: Math.ceil(remaining / 1000) })}`}
          </Text>
        </>
      )}
      {job.error && (
        <Alert color="red" title={names.value(job.state)}>
          {job.error}
        </Alert>
      )}
      {isOver(job) && (
        <Group gap="lg" mb="sm" role="status">
          {COUNTS.filter((name) => report[name] !== undefined).map((name) => (
            <div key={name}>
              <Text size="xl" fw={650} className="numbers">
                {number(Number(report[name]))}
              </Text>
              <Text size="xs" c="dimmed">
                {t(`import.${name}`, { defaultValue: names.value(name) })}
              </Text>
            </div>
          ))}
        </Group>
      )}
      {rows && (
        <ScrollBox minWidth={520}>
          <Table verticalSpacing={4}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('import.line')}</Table.Th>
                <Table.Th>{t('import.reason')}</Table.Th>
                <Table.Th>{t('import.text')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.slice(0, SHOWN).map((row) => (
                <Table.Tr key={row.row}>
                  <Table.Td>{row.line}</Table.Td>
                  <Table.Td>{row.reason}</Table.Td>
                  <Table.Td ff="monospace" fz="xs">
                    {row.text}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollBox>
      )}
      {isOver(job) && (
        <Group mt="sm">
          {refused > 0 && (
            <Button
              size="xs"
              variant="default"
              onClick={() =>
                void download(`/v1/jobs/${job.id}/result?status=refused`, 'refused.ndjson', '*/*').catch(complain)
              }
            >
              {t('import.download')}
            </Button>
          )}
          {!isDry && Number(report.created ?? 0) > 0 && (
            <>
              <Anchor renderRoot={(props) => <Link to="/records/$plural" params={{ plural: def.plural }} {...props} />}>
                {names.many(def)}
              </Anchor>
              <Button size="xs" variant="subtle" color="red" onClick={onUndo}>
                {t('import.undo')}
              </Button>
            </>
          )}
        </Group>
      )}
    </Card>
  );
}
