import { Button, Card, Group, SegmentedControl, Stack, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may, type ObjectDef, useCatalog } from '~/api/catalog';
import { ask } from '~/api/client';
import { Problem } from '~/api/problem';
import type { Row } from '~/api/record';
import { useRefresh } from '~/api/records';
import { fromLocal } from '~/fields/moment';
import { messageOf } from '~/ui/complain';
import { useNames } from '~/ui/names';

const KINDS = ['note', 'task', 'call', 'meeting', 'email'];

/** Writes a note, a task, a call, a meeting or an e-mail about a record. */
export function Composer({ def, row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const names = useNames();
  const catalog = useCatalog();
  const again = useRefresh(def);
  const kinds = KINDS.flatMap((name) => catalog.find(name) ?? []).filter((one) => may(one, 'create'));
  const [kind, setKind] = useState('note');
  const [subject, setSubject] = useState('');
  const [body, setBody] = useState('');
  const [at, setAt] = useState('');
  const chosen = catalog.find(kind);
  const isNote = kind === 'note';
  const save = useMutation({
    meta: { handled: true },
    mutationFn: () => {
      const when = at ? fromLocal(at) : undefined;
      return ask('POST', `/v1/${chosen?.plural}`, {
        // A note is called by its first line.
        subject: subject.trim() || body.trim().split('\n')[0]?.slice(0, 120) || names.value(kind),
        body: body || undefined,
        due_at: kind === 'task' ? when : undefined,
        start_at: kind === 'call' || kind === 'meeting' ? when : undefined,
        related_to_object: def.name,
        related_to_id: row.id,
      });
    },
    onSuccess: () => {
      setSubject('');
      setBody('');
      setAt('');
      again(row.id);
    },
  });
  if (kinds.length === 0) return null;
  const faults = save.error instanceof Problem ? save.error.byField() : {};
  return (
    <Card withBorder padding="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (subject.trim() || body.trim()) save.mutate();
        }}
      >
        <Stack gap="xs">
          <SegmentedControl
            size="xs"
            aria-label={t('composer.kind')}
            value={kind}
            onChange={setKind}
            data={kinds.map((one) => ({ value: one.name, label: names.one(one) }))}
          />
          {!isNote && (
            <TextInput
              size="sm"
              aria-label={t('composer.subject')}
              placeholder={t('composer.subject')}
              value={subject}
              onChange={(e) => setSubject(e.currentTarget.value)}
              error={faults.subject}
            />
          )}
          <Textarea
            size="sm"
            autosize
            minRows={2}
            maxRows={12}
            aria-label={t('composer.body')}
            placeholder={isNote ? t('composer.note') : t('composer.body')}
            value={body}
            onChange={(e) => setBody(e.currentTarget.value)}
            error={faults.body ?? (save.error && !faults.subject ? messageOf(save.error) : undefined)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
            }}
          />
          <Group justify="space-between">
            {isNote || kind === 'email' ? (
              <span />
            ) : (
              <TextInput
                size="xs"
                type="datetime-local"
                aria-label={t('composer.when')}
                value={at}
                onChange={(e) => setAt(e.currentTarget.value)}
              />
            )}
            <Button size="xs" type="submit" loading={save.isPending} disabled={!subject.trim() && !body.trim()}>
              {t('composer.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}
