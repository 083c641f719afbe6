import { Badge, Button, Group, Select, Stack, Table, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '~/api/client';
import type { Job } from '~/api/jobs';
import { useMe } from '~/api/me';
import { useEnterSandbox } from '~/session/sandbox';
import { ConfirmButton } from '~/ui/confirm';
import { moment, number } from '~/ui/format';
import { useNames } from '~/ui/names';

interface Sandbox {
  id: string;
  name: string;
  from: string;
  state: string;
  created_at: string;
  refreshed_at: string | null;
  job?: Job;
}

const KEY = ['sandboxes'];

/** Spaces beside the live one: for tests, for training, for a partner. */
export default function Sandboxes() {
  const { t } = useTranslation();
  const names = useNames();
  const me = useMe();
  const client = useQueryClient();
  const enter = useEnterSandbox();
  const [name, setName] = useState('');
  const [from, setFrom] = useState<string>('samples');
  const isLive = me.space.kind !== 'sandbox';
  const list = useQuery({
    queryKey: KEY,
    queryFn: () => ask<Sandbox[]>('GET', '/v1/sandboxes'),
    enabled: isLive,
    refetchInterval: (query) =>
      query.state.data?.some((one) => !['ready', 'incomplete'].includes(one.state)) ? 1_500 : false,
  });
  const refresh = () => void client.invalidateQueries({ queryKey: KEY });
  const make = useMutation({
    mutationFn: () => ask('POST', '/v1/sandboxes', { name, from }),
    onSuccess: () => {
      setName('');
      refresh();
    },
  });
  const again = useMutation({
    mutationFn: (id: string) => ask('POST', `/v1/sandboxes/${id}/refresh`, {}),
    onSettled: refresh,
  });
  const drop = useMutation({ mutationFn: (id: string) => ask('DELETE', `/v1/sandboxes/${id}`), onSettled: refresh });
  const go = useMutation({
    mutationFn: (id: string) =>
      ask<{ key: string }>('POST', `/v1/sandboxes/${id}/keys`, {
        name: `web interface ${new Date().toISOString().slice(0, 16)}`,
      }),
    onSuccess: (made) => enter(made.key),
  });
  if (!isLive) return <Text>{t('sandbox.from_live')}</Text>;
  return (
    <Stack maw={900}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <Group align="end" gap="sm">
          <TextInput
            required
            withAsterisk={false}
            label={t('views.name')}
            maxLength={60}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Select
            label={t('sandbox.from')}
            allowDeselect={false}
            data={['empty', 'samples', 'live'].map((one) => ({
              value: one,
              label: t(`sandbox.from_${one === 'live' ? 'copy' : one}`),
            }))}
            value={from}
            onChange={(next) => next && setFrom(next)}
            w={260}
          />
          <Button type="submit" loading={make.isPending}>
            {t('create.do')}
          </Button>
        </Group>
      </form>
      <Table verticalSpacing="xs">
        <Table.Tbody>
          {list.data?.map((one) => (
            <Table.Tr key={one.id}>
              <Table.Td fw={600}>{one.name}</Table.Td>
              <Table.Td>
                <Badge
                  variant="light"
                  color={one.state === 'ready' ? 'green' : one.state === 'incomplete' ? 'red' : 'blue'}
                >
                  {names.value(one.state)}
                </Badge>{' '}
                {one.job?.progress?.done ? number(one.job.progress.done) : ''}
              </Table.Td>
              <Table.Td>{moment(one.refreshed_at ?? one.created_at)}</Table.Td>
              <Table.Td>
                <Group gap={4} justify="end" wrap="nowrap">
                  {one.state === 'ready' && (
                    <Button size="compact-xs" loading={go.isPending} onClick={() => go.mutate(one.id)}>
                      {t('sandbox.enter')}
                    </Button>
                  )}
                  <Button size="compact-xs" variant="subtle" onClick={() => again.mutate(one.id)}>
                    {t('sandbox.refresh')}
                  </Button>
                  <ConfirmButton
                    label={t('sandbox.drop')}
                    question={t('sandbox.drop_why', { name: one.name })}
                    onConfirm={() => drop.mutate(one.id)}
                  />
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {list.data?.length === 0 && <Text c="dimmed">{t('sandbox.none')}</Text>}
    </Stack>
  );
}
