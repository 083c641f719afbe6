import { Badge, Button, Group, Modal, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '~/api/client';
import { fromLocal } from '~/fields/moment';
import { Fault, say } from '~/ui/complain';
import { ConfirmButton } from '~/ui/confirm';
import { ScrollBox } from '~/ui/scroll-box';
import { Secret } from '~/ui/secret';
import { Deliveries } from './deliveries';
import { DELIVERIES, ENDPOINTS, type Endpoint } from './webhook-data';
import { EndpointForm } from './webhook-form';

/** Addresses that events are sent to, and what became of every message. */
export function Webhooks() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [editing, setEditing] = useState<Endpoint | 'new' | null>(null);
  const [secret, setSecret] = useState<{ url: string; value: string } | null>(null);
  const [recovering, setRecovering] = useState<Endpoint | null>(null);
  const all = useQuery({
    queryKey: ENDPOINTS,
    queryFn: () => ask<Endpoint[]>('GET', '/v1/webhook_endpoints?limit=200&sort=id'),
  });
  const refresh = () => {
    void client.invalidateQueries({ queryKey: ENDPOINTS });
    void client.invalidateQueries({ queryKey: DELIVERIES });
  };
  const rotate = useMutation({
    mutationFn: (one: Endpoint) => ask<{ secret: string }>('POST', `/v1/webhook_endpoints/${one.id}/rotate_secret`, {}),
    onSuccess: (answer, one) => setSecret({ url: one.url, value: answer.secret }),
  });
  const test = useMutation({
    mutationFn: (id: string) => ask('POST', `/v1/webhook_endpoints/${id}/test`, {}),
    onSuccess: () => {
      say(t('webhook.tested'));
      refresh();
    },
  });
  const remove = useMutation({
    mutationFn: (id: string) => ask('DELETE', `/v1/webhook_endpoints/${id}`),
    onSuccess: refresh,
  });
  return (
    <Stack>
      <Group justify="space-between">
        <Text size="sm" c="dimmed" maw={620}>
          {t('webhook.why')}
        </Text>
        <Button size="xs" leftSection={<Plus size={14} />} onClick={() => setEditing('new')}>
          {t('webhook.make')}
        </Button>
      </Group>
      {secret && (
        <Secret
          title={t('webhook.secret_once', { url: secret.url })}
          value={secret.value}
          onClose={() => setSecret(null)}
        />
      )}
      {all.error && <Fault error={all.error} />}
      <ScrollBox minWidth={760}>
        <Table verticalSpacing="xs" aria-label={t('dev.webhooks')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('webhook.url')}</Table.Th>
              <Table.Th>{t('webhook.types')}</Table.Th>
              <Table.Th>{t('webhook.state')}</Table.Th>
              <Table.Th>
                <span className="sr-only">{t('record.more')}</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {all.data?.map((one) => (
              <Table.Tr key={one.id}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  {one.url}
                  {one.description && (
                    <Text size="xs" c="dimmed">
                      {one.description}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td ff="monospace" fz="xs">
                  {one.event_types?.join(', ') || t('inbox.every')}
                </Table.Td>
                <Table.Td>
                  <Badge variant="light" color={one.enabled ? 'green' : 'gray'}>
                    {one.enabled ? t('webhook.on') : t('webhook.off')}
                  </Badge>
                  {one.disabled_reason && (
                    <Text size="xs" c="var(--mantine-color-error)">
                      {one.disabled_reason}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>
                  <Group gap={2} justify="end">
                    <Button size="compact-xs" variant="subtle" onClick={() => test.mutate(one.id)}>
                      {t('webhook.test')}
                    </Button>
                    <Button size="compact-xs" variant="subtle" onClick={() => setEditing(one)}>
                      {t('edit')}
                    </Button>
                    <Button size="compact-xs" variant="subtle" onClick={() => rotate.mutate(one)}>
                      {t('dev.new_secret')}
                    </Button>
                    <Button size="compact-xs" variant="subtle" onClick={() => setRecovering(one)}>
                      {t('webhook.recover')}
                    </Button>
                    <ConfirmButton
                      label={t('delete')}
                      question={t('webhook.delete_why', { url: one.url })}
                      onConfirm={() => remove.mutate(one.id)}
                    />
                  </Group>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollBox>
      {all.data?.length === 0 && <Text c="dimmed">{t('webhook.none')}</Text>}
      <Title order={2} size="h5">
        {t('webhook.deliveries')}
      </Title>
      <Deliveries endpoints={all.data ?? []} />
      {editing && (
        <EndpointForm
          endpoint={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
          onSaved={(saved) => {
            setEditing(null);
            if (saved.secret) setSecret({ url: saved.url, value: saved.secret });
            refresh();
          }}
        />
      )}
      {recovering && <Recover endpoint={recovering} onClose={() => setRecovering(null)} onDone={refresh} />}
    </Stack>
  );
}

/** Sends what failed since a moment, and what came while the endpoint was off. */
function Recover({ endpoint, onClose, onDone }: { endpoint: Endpoint; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation();
  const [since, setSince] = useState('');
  const recover = useMutation({
    meta: { handled: true },
    mutationFn: () =>
      ask<{ events: number }>('POST', `/v1/webhook_endpoints/${endpoint.id}/recover`, { since: fromLocal(since) }),
    onSuccess: (answer) => {
      say(t('webhook.recovered', { count: answer.events }));
      onDone();
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={t('webhook.recover')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          recover.mutate();
        }}
      >
        <Stack>
          <Text size="sm">{t('webhook.recover_why')}</Text>
          <TextInput
            type="datetime-local"
            required
            label={t('webhook.since')}
            data-autofocus
            value={since}
            onChange={(event) => setSince(event.currentTarget.value)}
          />
          {recover.error && <Fault error={recover.error} />}
          <Group justify="end">
            <Button variant="default" onClick={onClose}>
              {t('cancel')}
            </Button>
            <Button type="submit" loading={recover.isPending}>
              {t('webhook.recover')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
