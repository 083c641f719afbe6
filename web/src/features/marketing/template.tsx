import { Alert, Button, Card, Group, SimpleGrid, Stack, Tabs, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may, type ObjectDef } from '~/api/catalog';
import { ask } from '~/api/client';
import { Problem } from '~/api/problem';
import type { Row } from '~/api/record';
import { usePatch } from '~/api/records';
import { ReferenceInput } from '~/fields/reference';
import { Fault, say } from '~/ui/complain';

interface Preview {
  subject?: string | null;
  text?: string | null;
  html?: string | null;
}

const PARTS = ['subject', 'body_text', 'body_html'] as const;
type Draft = Record<(typeof PARTS)[number], string>;

function draftOf(row: Row): Draft {
  const text = (name: string) => (typeof row[name] === 'string' ? String(row[name]) : '');
  return { subject: text('subject'), body_text: text('body_text'), body_html: text('body_html') };
}

/** The words of a template, with a letter to somebody beside them. */
export default function TemplateRoom({ def, row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const patch = usePatch(def);
  const [base, setBase] = useState(row);
  const [draft, setDraft] = useState<Draft>(() => draftOf(row));
  const [contact, setContact] = useState<string | null>(null);
  const [lead, setLead] = useState<string | null>(null);
  const canEdit = may(def, 'update');
  const before = draftOf(base);
  const changed = PARTS.filter((part) => draft[part] !== before[part]);
  const person = contact ? `contact_id=${contact}` : lead ? `lead_id=${lead}` : null;
  // Who may not write templates sees the letter as it was saved.
  const [words] = useDebouncedValue(draft, 400);
  const whom = contact ? { contact_id: contact } : { lead_id: lead };
  const said = canEdit
    ? { ...whom, ...Object.fromEntries(PARTS.map((part) => [part, words[part] || undefined])) }
    : null;
  const preview = useQuery({
    queryKey: ['record', 'template', row.id, 'preview', person, said ?? base.version],
    queryFn: () =>
      said
        ? ask<Preview>('POST', '/v1/templates/preview', said)
        : ask<Preview>('GET', `/v1/templates/${row.id}/preview?${person}`),
    enabled: person !== null && (!said || PARTS.some((part) => words[part])),
    placeholderData: keepPreviousData,
    retry: false,
  });
  const faultsOf = (error: unknown) => (error instanceof Problem ? error.byField() : {});
  const faults = { ...faultsOf(preview.error), ...faultsOf(patch.error) };
  const isSaid = (error: unknown) => PARTS.some((part) => faultsOf(error)[part]);
  const send = useMutation({
    mutationFn: () =>
      ask('POST', `/v1/templates/${row.id}/test_send`, contact ? { contact_id: contact } : { lead_id: lead }),
    onSuccess: () => say(t('letter.tested')),
  });
  const save = () =>
    patch.mutate(
      { row: base, patch: Object.fromEntries(changed.map((part) => [part, draft[part] || null])) },
      { onSuccess: (answer) => setBase(answer.data) },
    );
  const set = (part: keyof Draft, value: string) => setDraft((now) => ({ ...now, [part]: value }));
  const mono = { input: { fontFamily: 'monospace', fontSize: 13 } };
  return (
    <SimpleGrid cols={{ base: 1, xl: 2 }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <Stack>
          <TextInput
            label={t('letter.subject')}
            readOnly={!canEdit}
            value={draft.subject}
            error={faults.subject}
            onChange={(event) => set('subject', event.currentTarget.value)}
          />
          <Textarea
            label={t('letter.text')}
            autosize
            minRows={6}
            maxRows={18}
            readOnly={!canEdit}
            styles={mono}
            value={draft.body_text}
            error={faults.body_text}
            onChange={(event) => set('body_text', event.currentTarget.value)}
          />
          <Textarea
            label="HTML"
            autosize
            minRows={6}
            maxRows={18}
            readOnly={!canEdit}
            styles={mono}
            value={draft.body_html}
            error={faults.body_html}
            onChange={(event) => set('body_html', event.currentTarget.value)}
          />
          <Text size="xs" c="dimmed">
            {t('letter.names')}{' '}
            <code>{'{{ person.first_name | default("…") }} {{ company.name }} {{ today }} {{ unsubscribe_url }}'}</code>
          </Text>
          {patch.error && !isSaid(patch.error) && (
            <Alert color="red" role="alert" title={t('error.title')}>
              <Fault error={patch.error} />
            </Alert>
          )}
          {canEdit && (
            <Group>
              <Button type="submit" loading={patch.isPending} disabled={changed.length === 0}>
                {t('letter.save')}
              </Button>
            </Group>
          )}
        </Stack>
      </form>
      <Stack component="section" aria-label={t('letter.preview')}>
        <Group grow align="end">
          <ReferenceInput
            object="contact"
            label={t('letter.contact')}
            value={contact}
            onChange={(next) => {
              setContact(next);
              if (next) setLead(null);
            }}
          />
          <ReferenceInput
            object="lead"
            label={t('letter.lead')}
            value={lead}
            onChange={(next) => {
              setLead(next);
              if (next) setContact(null);
            }}
          />
        </Group>
        {!person && <Text c="dimmed">{t('letter.whom')}</Text>}
        {preview.error && !isSaid(preview.error) && (
          <div role="alert">
            <Fault error={preview.error} />
          </div>
        )}
        {preview.data && (
          <Card withBorder>
            <Title order={2} size="h6" mb="xs">
              {preview.data.subject}
            </Title>
            <Tabs defaultValue={preview.data.html ? 'html' : 'text'}>
              <Tabs.List>
                {preview.data.html && <Tabs.Tab value="html">HTML</Tabs.Tab>}
                <Tabs.Tab value="text">{t('letter.text')}</Tabs.Tab>
              </Tabs.List>
              {preview.data.html && (
                <Tabs.Panel value="html" pt="xs">
                  <iframe
                    title={t('letter.preview')}
                    sandbox=""
                    srcDoc={preview.data.html}
                    style={{ width: '100%', height: 380, border: 0, background: '#fff' }}
                  />
                </Tabs.Panel>
              )}
              <Tabs.Panel value="text" pt="xs">
                <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
                  {preview.data.text}
                </Text>
              </Tabs.Panel>
            </Tabs>
            <Group justify="end" mt="sm">
              {changed.length > 0 && <Text size="xs">{t('letter.of_saved')}</Text>}
              <Button size="xs" variant="default" loading={send.isPending} onClick={() => send.mutate()}>
                {t('letter.test')}
              </Button>
            </Group>
          </Card>
        )}
      </Stack>
    </SimpleGrid>
  );
}
