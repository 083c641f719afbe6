import { Anchor, Badge, Button, Group, Modal, Stack, Table, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '~/api/client';
import type { Row } from '~/api/record';
import { RecordLink } from '~/fields/show';
import { say } from '~/ui/complain';
import { ConfirmButton } from '~/ui/confirm';
import { ScrollBox } from '~/ui/scroll-box';
import { Secret } from '~/ui/secret';
import { RoleSelect } from './role-select';
import { SeeAsUser } from './see-as';
import { TeamSelect } from './team-select';

interface User extends Row {
  name: string;
  email: string | null;
  active: boolean;
  role_id: string | null;
  team_id: string | null;
}

const KEY = ['related', 'user', 'admin'];

/** Who may come in: making, inviting, letting rest. */
export default function Users() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [text, setText] = useState('');
  const [inviting, setInviting] = useState<User | null>(null);
  const [link, setLink] = useState<{ url: string; email: string } | null>(null);
  const users = useQuery({
    queryKey: [...KEY, text],
    queryFn: () => ask<User[]>('POST', '/v1/users/search', { q: text.trim() || undefined, sort: ['name'], limit: 200 }),
  });
  const refresh = () => void client.invalidateQueries({ queryKey: ['related', 'user'] });
  const set = useMutation({
    mutationFn: ({ id, active }: { id: string; active: boolean }) => ask('PATCH', `/v1/users/${id}`, { active }),
    onSuccess: refresh,
  });
  const end = useMutation({
    mutationFn: (id: string) => ask<{ ended: number }>('POST', `/v1/users/${id}/deactivate-sessions`, {}),
    onSuccess: (answer) => say(t('admin.ended', { count: answer.ended })),
  });
  return (
    <Stack>
      <Group justify="space-between" align="end">
        <Group gap="md">
          <TextInput
            type="search"
            aria-label={t('list.search')}
            placeholder={t('list.search')}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Anchor
            size="sm"
            renderRoot={(props) => <Link to="/records/$plural" params={{ plural: 'teams' }} {...props} />}
          >
            {t('admin.teams')}
          </Anchor>
        </Group>
        <NewUser
          onMade={(user) => {
            refresh();
            setInviting(user);
          }}
        />
      </Group>
      {link && (
        <Secret title={t('admin.link_once', { email: link.email })} value={link.url} onClose={() => setLink(null)} />
      )}
      <ScrollBox minWidth={860}>
        <Table verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('views.name')}</Table.Th>
              <Table.Th>{t('admin.email')}</Table.Th>
              <Table.Th>{t('dev.role')}</Table.Th>
              <Table.Th>{t('admin.team')}</Table.Th>
              <Table.Th />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {users.data?.map((user) => (
              <Table.Tr key={user.id}>
                <Table.Td>
                  <RecordLink object="user" id={user.id} title={user.name} />{' '}
                  {user.active === false && (
                    <Badge size="xs" color="gray" variant="light">
                      {t('admin.inactive')}
                    </Badge>
                  )}
                </Table.Td>
                <Table.Td>{user.email}</Table.Td>
                <Table.Td>{user.role_id && <RecordLink object="role" id={user.role_id} />}</Table.Td>
                <Table.Td>
                  <TeamSelect user={user} onDone={refresh} />
                </Table.Td>
                <Table.Td>
                  <Group gap={4} justify="end" wrap="nowrap">
                    {user.active !== false && <SeeAsUser user={user} />}
                    <Button size="compact-xs" variant="subtle" onClick={() => setInviting(user)}>
                      {t('admin.invite')}
                    </Button>
                    <ConfirmButton
                      label={t('admin.end_sessions')}
                      question={t('admin.end_why', { name: user.name })}
                      onConfirm={() => end.mutate(user.id)}
                    />
                    <Button
                      size="compact-xs"
                      variant="subtle"
                      color="gray"
                      onClick={() => set.mutate({ id: user.id, active: user.active === false })}
                    >
                      {user.active === false ? t('admin.activate') : t('admin.deactivate')}
                    </Button>
                  </Group>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollBox>
      {inviting && (
        <Invite
          user={inviting}
          onClose={() => setInviting(null)}
          onMade={(next) => {
            setLink(next);
            setInviting(null);
            refresh();
          }}
        />
      )}
    </Stack>
  );
}

function NewUser({ onMade }: { onMade: (user: User) => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const make = useMutation({
    mutationFn: () => ask<User>('POST', '/v1/users', { name, email }),
    onSuccess: (user) => {
      setName('');
      setEmail('');
      onMade(user);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <Group align="end" gap="xs">
        <TextInput
          aria-label={t('views.name')}
          placeholder={t('views.name')}
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          aria-label={t('admin.email')}
          placeholder={t('admin.email')}
          type="email"
          required
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <Button type="submit" loading={make.isPending}>
          {t('admin.new_user')}
        </Button>
      </Group>
    </form>
  );
}

function Invite({
  user,
  onClose,
  onMade,
}: {
  user: User;
  onClose: () => void;
  onMade: (link: { url: string; email: string }) => void;
}) {
  const { t } = useTranslation();
  const [role, setRole] = useState<string | null>('member');
  const invite = useMutation({
    mutationFn: () => ask<{ url: string; email: string }>('POST', `/v1/users/${user.id}/invite`, { role }),
    onSuccess: onMade,
  });
  return (
    <Modal opened onClose={onClose} title={t('admin.invite_title', { name: user.name })}>
      <Stack>
        <Text size="sm">{t('admin.invite_why')}</Text>
        <RoleSelect label={t('dev.role')} value={role} onChange={setRole} />
        <Group justify="end">
          <Button loading={invite.isPending} onClick={() => invite.mutate()}>
            {t('admin.invite')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
