import {
  Badge,
  Button,
  Card,
  Group,
  SegmentedControl,
  Stack,
  Table,
  Text,
  Title,
  useMantineColorScheme,
} from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useMe } from '~/api/me';
import { speak } from '~/app/language';
import { prefer, usePreferences } from '~/app/preferences';
import { askInPerson } from '~/session/own';
import { signOut } from '~/session/tokens';
import { Fault } from '~/ui/complain';
import { ago, moment } from '~/ui/format';
import { usePageTitle } from '~/ui/page-title';
import { SigningIn } from './signing-in';

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
      <SigningIn />
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

function Sessions() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const sessions = useQuery({
    queryKey: ['sessions'],
    queryFn: () => askInPerson<Session[]>('GET', '/v1/me/sessions'),
    retry: false,
  });
  const end = useMutation({
    mutationFn: (id: string) => askInPerson('DELETE', `/v1/me/sessions/${id}`),
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
              <Table.Td ta="end">
                {session.current ? (
                  <Badge variant="light" color="green">
                    {t('profile.here')}
                  </Badge>
                ) : (
                  <Button size="compact-xs" variant="subtle" color="red" onClick={() => end.mutate(session.id)}>
                    {t('profile.end')}
                  </Button>
                )}
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
