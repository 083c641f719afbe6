import { Alert, Badge, Button, Card, Group, Select, Stack, Switch, Text, Textarea } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ObjectDef, useCatalog } from '~/api/catalog';
import { ask } from '~/api/client';
import type { Row } from '~/api/record';
import { useRefresh } from '~/api/records';
import { RecordLink } from '~/fields/show';
import { Fault } from '~/ui/complain';
import { moment } from '~/ui/format';
import { Asker } from './asker';
import { Clocks } from './clocks';

/** What the asker and the team have said, and the answer that comes next. */
export default function Conversation({ def, row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const comments = useQuery({
    queryKey: ['comments', def.name, row.id],
    queryFn: () =>
      ask<Row[]>('POST', '/v1/ticket_comments/search', {
        filter: { field: 'ticket_id', op: 'eq', value: row.id },
        sort: ['id'],
        limit: 200,
      }),
  });
  return (
    <Stack>
      <Group gap="sm">
        <Clocks row={row} />
      </Group>
      {typeof row.contact_id === 'string' && <Asker id={row.contact_id} ticket={row.id} />}
      {typeof row.description === 'string' && row.description && (
        <Said
          who={row.contact_id ? <RecordLink object="contact" id={String(row.contact_id)} /> : t('ticket.asker')}
          at={String(row.created_at)}
        >
          {row.description}
        </Said>
      )}
      {comments.data?.map((comment) => (
        <Said
          key={comment.id}
          isNote={comment.public === false}
          who={
            comment.contact_id ? (
              <RecordLink object="contact" id={String(comment.contact_id)} />
            ) : comment.created_by ? (
              <RecordLink object="user" id={String(comment.created_by)} />
            ) : (
              t('record.system')
            )
          }
          at={String(comment.created_at)}
        >
          {String(comment.body ?? '')}
        </Said>
      ))}
      {comments.error && <Fault error={comments.error} />}
      {typeof row.resolution === 'string' && row.resolution && (
        <Alert color="green" title={t('ticket.resolution')}>
          {row.resolution}
        </Alert>
      )}
      {row.status !== 'closed' && <Reply def={def} row={row} />}
    </Stack>
  );
}

function Said({ who, at, isNote, children }: { who: React.ReactNode; at: string; isNote?: boolean; children: string }) {
  const { t } = useTranslation();
  return (
    <Card withBorder padding="sm" bg={isNote ? 'light-dark(#fff8e6, #3a3120)' : undefined}>
      <Group gap="xs" mb={4}>
        <Text size="sm" fw={600} component="div">
          {who}
        </Text>
        {isNote && (
          <Badge size="xs" color="orange" variant="light">
            {t('ticket.note')}
          </Badge>
        )}
        <Text size="xs" c="dimmed">
          {moment(at)}
        </Text>
      </Group>
      <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {children}
      </Text>
    </Card>
  );
}

function Reply({ def, row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const again = useRefresh(def);
  const canned = useCatalog().find('canned_reply');
  const [body, setBody] = useState('');
  const [isPublic, setPublic] = useState(true);
  const [isPending, setPending] = useState(false);
  /** The canned reply that stands ready; the server fills its places in when it is sent. */
  const [chosen, setChosen] = useState<string | null>(null);
  const replies = useQuery({
    queryKey: ['related', 'canned_reply'],
    queryFn: () =>
      ask<Row[]>('POST', '/v1/canned_replies/search', {
        filter: { field: 'active', op: 'eq', value: true },
        sort: ['name'],
        limit: 200,
      }),
    enabled: canned?.allows.includes('read') ?? false,
  });
  const send = useMutation({
    meta: { handled: true },
    mutationFn: () => {
      return ask('POST', `/v1/tickets/${row.id}/reply`, {
        ...(chosen ? { canned_reply_id: chosen } : { body }),
        public: isPublic,
        pending: isPublic ? isPending : undefined,
      });
    },
    onSuccess: () => {
      if (chosen) setChosen(null);
      else setBody('');
      again(row.id);
    },
  });
  const shown = replies.data?.find((one) => one.id === chosen);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen || body.trim()) send.mutate();
      }}
    >
      <Stack gap="xs">
        {shown ? (
          <Alert
            color="blue"
            title={`${t('ticket.canned')}: ${String(shown.name)}`}
            withCloseButton
            closeButtonLabel={t('ticket.own_words')}
            onClose={() => setChosen(null)}
          >
            <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
              {String(shown.body ?? '')}
            </Text>
          </Alert>
        ) : (
          <Textarea
            label={isPublic ? t('ticket.reply') : t('ticket.note')}
            autosize
            minRows={3}
            maxRows={16}
            value={body}
            onChange={(event) => setBody(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
            }}
          />
        )}
        {send.error && (
          <Alert color="red" role="alert">
            <Fault error={send.error} />
          </Alert>
        )}
        <Group justify="space-between">
          <Group>
            <Switch
              label={t('ticket.public')}
              checked={isPublic}
              onChange={(event) => setPublic(event.currentTarget.checked)}
            />
            {isPublic && (
              <Switch
                label={t('ticket.pending')}
                checked={isPending}
                onChange={(event) => setPending(event.currentTarget.checked)}
              />
            )}
          </Group>
          <Group gap="xs">
            {(replies.data?.length ?? 0) > 0 && (
              <Select
                size="xs"
                aria-label={t('ticket.canned')}
                placeholder={t('ticket.canned')}
                searchable
                data={replies.data?.map((one) => ({ value: one.id, label: String(one.name) })) ?? []}
                value={chosen}
                onChange={setChosen}
              />
            )}
            <Button size="xs" type="submit" loading={send.isPending} disabled={!chosen && !body.trim()}>
              {t('ticket.send')}
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  );
}
