import { Button, Group, NumberInput, Select, Stack, Table, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCatalog } from '~/api/catalog';
import { ask } from '~/api/client';
import { ConfirmButton } from '~/ui/confirm';
import { moment, number } from '~/ui/format';
import { useNames } from '~/ui/names';

interface Rule {
  object: string;
  days: number;
  action: 'delete' | 'anonymise';
  last_run_at: string | null;
  last_count: number | null;
}

const KEY = ['retention'];

/** How long the records of each object are kept, and what becomes of them then. */
export default function Retention() {
  const { t } = useTranslation();
  const names = useNames();
  const client = useQueryClient();
  const catalog = useCatalog();
  const rules = useQuery({ queryKey: KEY, queryFn: () => ask<Rule[]>('GET', '/v1/privacy/retention') });
  const [object, setObject] = useState<string | null>('lead');
  const [days, setDays] = useState<number | string>(730);
  const [action, setAction] = useState<string | null>('anonymise');
  const refresh = () => void client.invalidateQueries({ queryKey: KEY });
  const set = useMutation({
    mutationFn: () => ask('PUT', `/v1/privacy/retention/${object}`, { days: Number(days), action }),
    onSuccess: refresh,
  });
  const remove = useMutation({
    mutationFn: (of: string) => ask('DELETE', `/v1/privacy/retention/${of}`),
    onSuccess: refresh,
  });
  return (
    <Stack maw={820}>
      <Text size="sm" c="dimmed">
        {t('admin.retention_why')}
      </Text>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          set.mutate();
        }}
      >
        <Group align="end" gap="sm">
          <Select
            label={t('admin.object')}
            searchable
            allowDeselect={false}
            data={catalog.readable.map((def) => ({ value: def.name, label: names.many(def) }))}
            value={object}
            onChange={setObject}
          />
          <NumberInput label={t('admin.days')} min={1} value={days} onChange={setDays} w={110} />
          <Select
            label={t('admin.then')}
            allowDeselect={false}
            data={['delete', 'anonymise'].map((one) => ({ value: one, label: t(`admin.then_${one}`) }))}
            value={action}
            onChange={setAction}
          />
          <Button type="submit" loading={set.isPending}>
            {t('save')}
          </Button>
        </Group>
      </form>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('admin.object')}</Table.Th>
            <Table.Th>{t('admin.days')}</Table.Th>
            <Table.Th>{t('admin.then')}</Table.Th>
            <Table.Th>{t('admin.last_run')}</Table.Th>
            <Table.Th />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rules.data?.map((rule) => {
            const def = catalog.find(rule.object);
            return (
              <Table.Tr key={rule.object}>
                <Table.Td>{def ? names.many(def) : rule.object}</Table.Td>
                <Table.Td>{number(rule.days)}</Table.Td>
                <Table.Td>{t(`admin.then_${rule.action}`)}</Table.Td>
                <Table.Td>
                  {rule.last_run_at ? `${moment(rule.last_run_at)} · ${number(rule.last_count ?? 0)}` : '–'}
                </Table.Td>
                <Table.Td ta="end">
                  <ConfirmButton
                    label={t('remove')}
                    question={t('admin.retention_off')}
                    onConfirm={() => remove.mutate(rule.object)}
                  />
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
      {rules.data && rules.data.length > 0 && <Run onRun={refresh} />}
      {rules.data?.length === 0 && <Text c="dimmed">{t('admin.no_rules')}</Text>}
    </Stack>
  );
}

interface Outcome {
  object: string;
  action: Rule['action'];
  records: number;
}

/** What the rules would do now, before they do it. */
function Run({ onRun }: { onRun: () => void }) {
  const { t } = useTranslation();
  const names = useNames();
  const catalog = useCatalog();
  const run = useMutation({
    mutationFn: (dry_run: boolean) => ask<Outcome[]>('POST', '/v1/privacy/retention/run', { dry_run }),
    onSuccess: onRun,
  });
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Button size="xs" variant="default" loading={run.isPending} onClick={() => run.mutate(true)}>
          {t('admin.retention_try')}
        </Button>
        <ConfirmButton
          label={t('admin.retention_run')}
          question={t('admin.retention_run_why')}
          onConfirm={() => run.mutate(false)}
        />
      </Group>
      {run.data && (
        <Stack gap={2} role="status">
          <Text size="sm" fw={600}>
            {run.variables ? t('admin.retention_tried') : t('admin.retention_ran')}
          </Text>
          {run.data.map((one) => {
            const def = catalog.find(one.object);
            return (
              <Text key={one.object} size="sm">
                {def ? names.many(def) : one.object}: {number(one.records)} · {t(`admin.then_${one.action}`)}
              </Text>
            );
          })}
        </Stack>
      )}
    </Stack>
  );
}
