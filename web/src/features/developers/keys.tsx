import { Badge, Button, Group, Stack, Switch, Table, TagsInput, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '~/api/client';
import { RoleSelect } from '~/features/admin/role-select';
import { toneOf } from '~/fields/show';
import { ConfirmButton } from '~/ui/confirm';
import { ago, moment, number } from '~/ui/format';
import { useNames } from '~/ui/names';
import { ScrollBox } from '~/ui/scroll-box';
import { Secret } from '~/ui/secret';

interface ApiKey {
  id: string;
  name: string;
  hint: string;
  state: string;
  role: string;
  scopes: string[];
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
  use_count: number;
}

const KEY = ['api-keys'];

/** API keys: made, rotated, revoked. The key itself is shown once. */
export function ApiKeys() {
  const { t } = useTranslation();
  const names = useNames();
  const client = useQueryClient();
  const [isAll, setAll] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const keys = useQuery({ queryKey: KEY, queryFn: () => ask<ApiKey[]>('GET', '/v1/api_keys') });
  const refresh = () => void client.invalidateQueries({ queryKey: KEY });
  const shown = (made: { key: string }) => {
    setSecret(made.key);
    refresh();
  };
  const revoke = useMutation({ mutationFn: (id: string) => ask('DELETE', `/v1/api_keys/${id}`), onSuccess: refresh });
  const rotate = useMutation({
    mutationFn: (id: string) => ask<{ key: string }>('POST', `/v1/api_keys/${id}/rotate`, { overlap_seconds: 86_400 }),
    onSuccess: shown,
  });
  const list = (keys.data ?? []).filter((key) => isAll || key.state === 'active');
  return (
    <Stack>
      <NewKey onMade={shown} />
      {secret && <Secret title={t('dev.key_once')} value={secret} onClose={() => setSecret(null)} />}
      <Switch label={t('dev.with_old')} checked={isAll} onChange={(event) => setAll(event.currentTarget.checked)} />
      <ScrollBox minWidth={760}>
        <Table verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('views.name')}</Table.Th>
              <Table.Th>{t('dev.key')}</Table.Th>
              <Table.Th>{t('dev.role')}</Table.Th>
              <Table.Th>{t('dev.scopes')}</Table.Th>
              <Table.Th>{t('dev.used')}</Table.Th>
              <Table.Th />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {list.map((key) => (
              <Table.Tr key={key.id}>
                <Table.Td>
                  {key.name}{' '}
                  <Badge size="xs" variant="light" color={toneOf(key.state)}>
                    {names.value(key.state)}
                  </Badge>
                </Table.Td>
                <Table.Td ff="monospace">{key.hint}…</Table.Td>
                <Table.Td>{key.role}</Table.Td>
                <Table.Td>
                  <Text size="xs">{key.scopes.join(' ')}</Text>
                </Table.Td>
                <Table.Td>
                  <Text size="xs" title={key.last_used_at ? moment(key.last_used_at) : undefined}>
                    {key.last_used_at ? `${ago(key.last_used_at)} · ${number(key.use_count)}` : '–'}
                  </Text>
                </Table.Td>
                <Table.Td>
                  {key.state === 'active' && (
                    <Group gap={4} wrap="nowrap">
                      <Button
                        size="compact-xs"
                        variant="subtle"
                        onClick={() => rotate.mutate(key.id)}
                        title={t('dev.rotate_why')}
                      >
                        {t('dev.rotate')}
                      </Button>
                      <ConfirmButton
                        label={t('dev.revoke')}
                        question={t('dev.revoke_why', { name: key.name })}
                        onConfirm={() => revoke.mutate(key.id)}
                      />
                    </Group>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollBox>
    </Stack>
  );
}

function NewKey({ onMade }: { onMade: (made: { key: string }) => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [role, setRole] = useState<string | null>('read-only');
  const [scopes, setScopes] = useState<string[]>([]);
  const make = useMutation({
    mutationFn: () =>
      ask<{ key: string }>('POST', '/v1/api_keys', {
        name,
        role: role ?? undefined,
        scopes: scopes.length ? scopes : undefined,
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
          label={t('dev.key_name')}
          required
          withAsterisk={false}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <RoleSelect label={t('dev.role')} value={role} onChange={setRole} />
        <TagsInput
          label={t('dev.scopes')}
          placeholder="crm:read"
          value={scopes}
          onChange={setScopes}
          data={['crm:read', 'crm:write', 'metadata:write', 'audit:read', 'admin']}
          w={260}
        />
        <Button type="submit" loading={make.isPending}>
          {t('dev.make_key')}
        </Button>
      </Group>
    </form>
  );
}
