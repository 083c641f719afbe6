import { Button, Checkbox, Group, Stack, Table, TagsInput, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '~/api/client';
import { RoleSelect } from '~/features/admin/role-select';
import { ConfirmButton } from '~/ui/confirm';
import { moment } from '~/ui/format';
import { ScrollBox } from '~/ui/scroll-box';
import { Secret } from '~/ui/secret';

interface OauthClient {
  id: string;
  client_id: string;
  client_name: string;
  client_secret?: string;
  created_at: string;
  grant_types: string[];
  redirect_uris: string[];
  scope: string;
  role?: string | null;
}

const KEY = ['oauth-clients'];

/** Applications that get tokens: for people, or for themselves. */
export function OauthClients() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [made, setMade] = useState<OauthClient | null>(null);
  const clients = useQuery({ queryKey: KEY, queryFn: () => ask<OauthClient[]>('GET', '/v1/oauth_clients') });
  const refresh = () => void client.invalidateQueries({ queryKey: KEY });
  const shown = (next: OauthClient) => {
    setMade(next);
    refresh();
  };
  const remove = useMutation({
    mutationFn: (id: string) => ask('DELETE', `/v1/oauth_clients/${id}`),
    onSuccess: refresh,
  });
  const rotate = useMutation({
    mutationFn: (id: string) => ask<OauthClient>('POST', `/v1/oauth_clients/${id}/rotate_secret`, {}),
    onSuccess: shown,
  });
  return (
    <Stack>
      <NewClient onMade={shown} />
      {made?.client_secret && (
        <Secret
          title={t('dev.secret_once', { id: made.client_id ?? '' })}
          value={made.client_secret}
          onClose={() => setMade(null)}
        />
      )}
      <ScrollBox minWidth={720}>
        <Table verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('views.name')}</Table.Th>
              <Table.Th>client_id</Table.Th>
              <Table.Th>{t('dev.grants')}</Table.Th>
              <Table.Th>{t('dev.scopes')}</Table.Th>
              <Table.Th>{t('dev.made')}</Table.Th>
              <Table.Th />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {clients.data?.map((one) => (
              <Table.Tr key={one.id}>
                <Table.Td>{one.client_name}</Table.Td>
                <Table.Td ff="monospace" fz="xs">
                  {one.client_id}
                </Table.Td>
                <Table.Td fz="xs">{one.grant_types.join(', ')}</Table.Td>
                <Table.Td fz="xs">{one.scope}</Table.Td>
                <Table.Td fz="xs">{moment(one.created_at)}</Table.Td>
                <Table.Td>
                  <Group gap={4} wrap="nowrap">
                    <Button size="compact-xs" variant="subtle" onClick={() => rotate.mutate(one.id)}>
                      {t('dev.new_secret')}
                    </Button>
                    <ConfirmButton
                      label={t('delete')}
                      question={t('dev.client_why', { name: one.client_name })}
                      onConfirm={() => remove.mutate(one.id)}
                    />
                  </Group>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollBox>
      {clients.data?.length === 0 && <Text c="dimmed">{t('dev.no_clients')}</Text>}
    </Stack>
  );
}

function NewClient({ onMade }: { onMade: (client: OauthClient) => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [isOwn, setOwn] = useState(false);
  const [uris, setUris] = useState<string[]>([]);
  const [role, setRole] = useState<string | null>('read-only');
  const [scope, setScope] = useState('crm:read');
  const make = useMutation({
    mutationFn: () =>
      ask<OauthClient>('POST', '/v1/oauth_clients', {
        client_name: name,
        scope,
        ...(isOwn
          ? { grant_types: ['client_credentials'], role }
          : { grant_types: ['authorization_code', 'refresh_token'], redirect_uris: uris }),
      }),
    onSuccess: (made) => {
      setName('');
      onMade(made);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <Group align="end" gap="sm">
        <TextInput
          label={t('views.name')}
          required
          withAsterisk={false}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput label={t('dev.scopes')} value={scope} onChange={(event) => setScope(event.currentTarget.value)} />
        {isOwn ? (
          <RoleSelect label={t('dev.role')} value={role} onChange={setRole} />
        ) : (
          <TagsInput
            label={t('dev.redirects')}
            placeholder="https://app.example/callback"
            value={uris}
            onChange={setUris}
            w={300}
          />
        )}
        <Checkbox
          label={t('dev.for_itself')}
          checked={isOwn}
          onChange={(event) => setOwn(event.currentTarget.checked)}
          mb={8}
        />
        <Button type="submit" loading={make.isPending}>
          {t('dev.make_client')}
        </Button>
      </Group>
    </form>
  );
}
