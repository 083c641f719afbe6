import { Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Eye } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '~/api/client';
import { useMe } from '~/api/me';
import type { Row } from '~/api/record';
import { useSeeAs } from '~/session/seeing';
import { Fault } from '~/ui/complain';

interface Person extends Row {
  name: string;
}

/** Whether the caller may see as others: in person, in this interface, and not already as somebody else. */
export function useMaySeeAs(): boolean {
  const me = useMe();
  return me.credential.kind === 'access_token' && !me.impersonator;
}

/** Shows the pages as a user sees them. */
export function SeeAsUser({ user }: { user: Person }) {
  const { t } = useTranslation();
  const me = useMe();
  const [isOpen, setOpen] = useState(false);
  if (!useMaySeeAs() || me.user?.id === user.id) return null;
  return (
    <>
      <Button size="compact-xs" variant="subtle" onClick={() => setOpen(true)}>
        {t('seeing.as')}
      </Button>
      {isOpen && <Ask person={user} onClose={() => setOpen(false)} />}
    </>
  );
}

/** Shows the pages as somebody sees them who has a role. */
export function SeeAsRole({ role }: { role: string }) {
  const { t } = useTranslation();
  const me = useMe();
  const [chosen, setChosen] = useState<Person | null>(null);
  const users = useQuery({
    queryKey: ['related', 'user', 'of role', role],
    queryFn: () => ask<Person[]>('GET', `/v1/users?filter[role_id]=${role}&filter[active]=true&sort=name&limit=100`),
  });
  const others = users.data?.filter((user) => user.id !== me.user?.id) ?? [];
  if (!useMaySeeAs() || others.length === 0) return null;
  return (
    <>
      <Select
        size="xs"
        w={220}
        searchable
        leftSection={<Eye size={14} />}
        aria-label={t('seeing.by_role')}
        placeholder={t('seeing.by_role')}
        data={others.map((user) => ({ value: user.id, label: user.name }))}
        value={null}
        onChange={(id) => setChosen(others.find((user) => user.id === id) ?? null)}
      />
      {chosen && <Ask person={chosen} onClose={() => setChosen(null)} />}
    </>
  );
}

function Ask({ person, onClose }: { person: Person; onClose: () => void }) {
  const { t } = useTranslation();
  const see = useSeeAs();
  const [reason, setReason] = useState('');
  const go = useMutation({ meta: { handled: true }, mutationFn: () => see(person.id, reason) });
  return (
    <Modal opened onClose={onClose} title={t('seeing.title', { name: person.name })}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          go.mutate();
        }}
      >
        <Stack>
          <Text size="sm">{t('seeing.why')}</Text>
          <TextInput
            label={t('seeing.reason')}
            data-autofocus
            maxLength={255}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          {go.error && (
            <div role="alert">
              <Fault error={go.error} />
            </div>
          )}
          <Group justify="end">
            <Button type="submit" loading={go.isPending}>
              {t('seeing.go')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
