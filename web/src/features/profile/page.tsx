import {
  Anchor,
  Badge,
  Button,
  Card,
  Group,
  PasswordInput,
  SegmentedControl,
  Stack,
  Table,
  Text,
  Title,
  useMantineColorScheme,
} from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '~/api/client';
import { useMe } from '~/api/me';
import { Problem } from '~/api/problem';
import { speak } from '~/app/language';
import { prefer, usePreferences } from '~/app/preferences';
import { signOut } from '~/session/tokens';
import { Fault, say } from '~/ui/complain';
import { ago, moment } from '~/ui/format';
import { usePageTitle } from '~/ui/page-title';

interface Session {
  id: string;
  created_at: string;
  last_seen_at: string;
  ip_address: string | null;
  user_agent: string | null;
  current: boolean;
}

/** Who I am here, how the pages look, where I am signed in. */
export function ProfilePage() {
  const { t } = useTranslation();
  const me = useMe();
  usePageTitle(t('shell.profile'));
  return (
    <Stack p="md" maw={820}>
      <Title order={1} size="h3">
        {me.user?.name}
      </Title>
      <Text c="dimmed">
        {me.user?.email} · {me.role} · {me.space.name}
      </Text>
      <Looks />
      <Password />
      <Sessions />
    </Stack>
  );
}

function Looks() {
  const { t } = useTranslation();
  const { language, density } = usePreferences();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const row = (label: string, control: React.ReactNode) => (
    <Group justify="space-between">
      <Text size="sm">{label}</Text>
      {control}
    </Group>
  );
  return (
    <Card withBorder>
      <Title order={2} size="h5" mb="sm">
        {t('profile.looks')}
      </Title>
      <Stack gap="sm">
        {row(
          t('profile.language'),
          <SegmentedControl
            aria-label={t('profile.language')}
            value={language}
            onChange={(next) => void speak(next === 'de' ? 'de' : 'en')}
            data={[
              { value: 'en', label: 'English' },
              { value: 'de', label: 'Deutsch' },
            ]}
          />,
        )}
        {row(
          t('profile.theme'),
          <SegmentedControl
            aria-label={t('profile.theme')}
            value={colorScheme}
            onChange={(next) => setColorScheme(next === 'dark' ? 'dark' : next === 'light' ? 'light' : 'auto')}
            data={[
              { value: 'auto', label: t('profile.auto') },
              { value: 'light', label: t('profile.light') },
              { value: 'dark', label: t('profile.dark') },
            ]}
          />,
        )}
        {row(
          t('profile.density'),
          <SegmentedControl
            aria-label={t('profile.density')}
            value={density}
            onChange={(next) => prefer({ density: next === 'compact' ? 'compact' : 'comfortable' })}
            data={[
              { value: 'comfortable', label: t('profile.comfortable') },
              { value: 'compact', label: t('profile.compact') },
            ]}
          />,
        )}
      </Stack>
    </Card>
  );
}

function Password() {
  const { t } = useTranslation();
  const me = useMe();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const change = useMutation({
    meta: { handled: true },
    mutationFn: () => ask('POST', '/v1/me/password', { current_password: current, new_password: next }),
    onSuccess: () => {
      setCurrent('');
      setNext('');
      say(t('profile.password_changed'));
    },
  });
  const faults = change.error instanceof Problem ? change.error.byField() : {};
  const factor = me.second_factor;
  return (
    <Card withBorder>
      <Title order={2} size="h5" mb="sm">
        {t('profile.signing_in')}
      </Title>
      <Stack gap="sm">
        <Group gap="xs">
          {factor && (
            <Badge variant="light" color={factor.totp || factor.passkeys > 0 ? 'green' : 'gray'} tt="none">
              {factor.totp || factor.passkeys > 0 ? t('profile.second_on') : t('profile.second_off')}
            </Badge>
          )}
          <Anchor size="sm" href="/sign-in/passkeys">
            {t('profile.passkeys')}
          </Anchor>
        </Group>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            change.mutate();
          }}
        >
          <Group align="start">
            <PasswordInput
              w={260}
              label={t('profile.current')}
              autoComplete="current-password"
              value={current}
              error={faults.current_password}
              onChange={(event) => setCurrent(event.currentTarget.value)}
            />
            <PasswordInput
              w={260}
              label={t('profile.new')}
              autoComplete="new-password"
              value={next}
              error={faults.new_password}
              onChange={(event) => setNext(event.currentTarget.value)}
            />
            <Button type="submit" mt={24} variant="default" loading={change.isPending} disabled={!current || !next}>
              {t('profile.change')}
            </Button>
          </Group>
          {change.error && Object.keys(faults).length === 0 && (
            <div role="alert">
              <Fault error={change.error} />
            </div>
          )}
        </form>
      </Stack>
    </Card>
  );
}

function Sessions() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const sessions = useQuery({
    queryKey: ['sessions'],
    queryFn: () => ask<Session[]>('GET', '/v1/me/sessions'),
    retry: false,
  });
  const end = useMutation({
    mutationFn: (id: string) => ask('DELETE', `/v1/me/sessions/${id}`),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['sessions'] }),
  });
  return (
    <Card withBorder>
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h5">
          {t('profile.sessions')}
        </Title>
        <Button size="xs" variant="default" onClick={() => void signOut()}>
          {t('shell.sign_out')}
        </Button>
      </Group>
      {sessions.error && <Fault error={sessions.error} />}
      <Table verticalSpacing="xs">
        <Table.Tbody>
          {sessions.data?.map((session) => (
            <Table.Tr key={session.id}>
              <Table.Td>
                <Text size="sm" lineClamp={1} title={session.user_agent ?? undefined}>
                  {browserOf(session.user_agent)} · {session.ip_address}
                </Text>
                <Text size="xs" c="dimmed" title={moment(session.last_seen_at)}>
                  {ago(session.last_seen_at)}
                </Text>
              </Table.Td>
              <Table.Td ta="right">
                <Button size="compact-xs" variant="subtle" color="red" onClick={() => end.mutate(session.id)}>
                  {t('profile.end')}
                </Button>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

/** "Firefox on Linux" out of what a browser says of itself, which is mostly not true. */
function browserOf(agent: string | null): string {
  if (!agent) return '?';
  const name = /(Edg|OPR|Firefox|Chrome|Safari)\//.exec(agent)?.[1] ?? agent.split(/[\s/]/)[0] ?? agent;
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent)?.[1];
  return [{ Edg: 'Edge', OPR: 'Opera' }[name] ?? name, system].filter(Boolean).join(', ');
}
