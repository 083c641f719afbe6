import { Button, Card, Group, Select, SimpleGrid, Stack, Switch, Table, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '~/api/client';
import { useMe } from '~/api/me';
import { Problem } from '~/api/problem';
import type { Row } from '~/api/record';
import { Fault } from '~/ui/complain';
import { ConfirmButton } from '~/ui/confirm';
import { ScrollBox } from '~/ui/scroll-box';

interface Preference extends Row {
  channel: string;
  event_type: string | null;
  enabled: boolean;
  digest: string;
  quiet_from: string | null;
  quiet_until: string | null;
  address: string | null;
}

const KEY = ['list', 'channel_preference', 'own'];
const CHANNELS = ['in_app', 'email', 'chat'] as const;
const DIGESTS = ['none', 'hourly', 'daily', 'weekly'] as const;

/** By which ways news come: per channel and kind of news. */
export function Preferences() {
  const { t } = useTranslation();
  const user = useMe().user?.id ?? '0';
  const client = useQueryClient();
  const refresh = () => void client.invalidateQueries({ queryKey: KEY });
  const all = useQuery({
    queryKey: KEY,
    queryFn: () => ask<Preference[]>('GET', `/v1/channel_preferences?filter[owner_id]=${user}&limit=200`),
  });
  const change = useMutation({
    mutationFn: ({ id, enabled }: { id: string; enabled: boolean }) =>
      ask('PATCH', `/v1/channel_preferences/${id}`, { enabled }),
    onSuccess: refresh,
  });
  const remove = useMutation({
    mutationFn: (id: string) => ask('DELETE', `/v1/channel_preferences/${id}`),
    onSuccess: refresh,
  });
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t('inbox.ways_why')}
      </Text>
      <NewPreference onMade={refresh} />
      {all.error && <Fault error={all.error} />}
      <ScrollBox minWidth={640}>
        <Table verticalSpacing="xs" aria-label={t('inbox.ways')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('inbox.channel')}</Table.Th>
              <Table.Th>{t('inbox.kind')}</Table.Th>
              <Table.Th>{t('inbox.digest')}</Table.Th>
              <Table.Th>{t('inbox.quiet')}</Table.Th>
              <Table.Th>{t('inbox.enabled')}</Table.Th>
              <Table.Th>
                <span className="sr-only">{t('delete')}</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {all.data?.map((one) => (
              <Table.Tr key={one.id}>
                <Table.Td>{t(`inbox.channels.${one.channel}`)}</Table.Td>
                <Table.Td ff="monospace" fz="xs">
                  {one.event_type ?? t('inbox.every')}
                </Table.Td>
                <Table.Td>{t(`inbox.digests.${one.digest}`)}</Table.Td>
                <Table.Td>{one.quiet_from ? `${one.quiet_from}–${one.quiet_until ?? ''}` : ''}</Table.Td>
                <Table.Td>
                  <Switch
                    aria-label={t('inbox.enabled_of', { name: t(`inbox.channels.${one.channel}`) })}
                    checked={one.enabled}
                    onChange={(event) => change.mutate({ id: one.id, enabled: event.currentTarget.checked })}
                  />
                </Table.Td>
                <Table.Td ta="end">
                  <ConfirmButton
                    label={t('delete')}
                    question={t('inbox.delete_why')}
                    onConfirm={() => remove.mutate(one.id)}
                  />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollBox>
    </Stack>
  );
}

function NewPreference({ onMade }: { onMade: () => void }) {
  const { t } = useTranslation();
  const [channel, setChannel] = useState<string>('email');
  const [kind, setKind] = useState('');
  const [digest, setDigest] = useState<string>('none');
  const [from, setFrom] = useState('');
  const [until, setUntil] = useState('');
  const [address, setAddress] = useState('');
  const make = useMutation({
    meta: { handled: true },
    mutationFn: () =>
      ask('POST', '/v1/channel_preferences', {
        channel,
        event_type: kind.trim() || null,
        digest: channel === 'in_app' ? undefined : digest,
        quiet_from: from || null,
        quiet_until: until || null,
        address: channel === 'chat' ? address : undefined,
      }),
    onSuccess: () => {
      setKind('');
      onMade();
    },
  });
  const faults = make.error instanceof Problem ? make.error.byField() : {};
  const isSaid = ['channel', 'event_type', 'digest', 'quiet_from', 'quiet_until', 'address'].some((one) => faults[one]);
  return (
    <Card withBorder>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="sm">
          <Select
            label={t('inbox.channel')}
            allowDeselect={false}
            data={CHANNELS.map((value) => ({ value, label: t(`inbox.channels.${value}`) }))}
            value={channel}
            onChange={(next) => next && setChannel(next)}
            error={faults.channel}
          />
          <TextInput
            label={t('inbox.kind')}
            placeholder="kontor.deal.*"
            value={kind}
            onChange={(event) => setKind(event.currentTarget.value)}
            error={faults.event_type}
          />
          {channel !== 'in_app' && (
            <Select
              label={t('inbox.digest')}
              allowDeselect={false}
              data={DIGESTS.map((value) => ({ value, label: t(`inbox.digests.${value}`) }))}
              value={digest}
              onChange={(next) => next && setDigest(next)}
              error={faults.digest}
            />
          )}
          {channel !== 'in_app' && (
            <TextInput
              label={t('inbox.quiet_from')}
              type="time"
              value={from}
              onChange={(event) => setFrom(event.currentTarget.value)}
              error={faults.quiet_from}
            />
          )}
          {channel !== 'in_app' && (
            <TextInput
              label={t('inbox.quiet_until')}
              type="time"
              value={until}
              onChange={(event) => setUntil(event.currentTarget.value)}
              error={faults.quiet_until}
            />
          )}
          {channel === 'chat' && (
            <TextInput
              label={t('inbox.address')}
              type="url"
              placeholder="https://chat.example.com/hooks/…"
              value={address}
              onChange={(event) => setAddress(event.currentTarget.value)}
              error={faults.address}
            />
          )}
        </SimpleGrid>
        {make.error && !isSaid && <Fault error={make.error} />}
        <Group justify="end" mt="sm">
          <Button type="submit" loading={make.isPending}>
            {t('inbox.add_way')}
          </Button>
        </Group>
      </form>
    </Card>
  );
}
