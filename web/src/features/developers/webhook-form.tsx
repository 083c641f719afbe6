import { Alert, Button, Group, Modal, Select, Stack, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '~/api/client';
import { Problem } from '~/api/problem';
import { Fault } from '~/ui/complain';
import { fromJson } from '~/ui/json';
import type { Endpoint } from './webhook-data';

interface Props {
  /** None makes another. */
  endpoint: Endpoint | null;
  onClose: () => void;
  onSaved: (endpoint: Endpoint) => void;
}

/** Where events are sent, which, and in whose words. */
export function EndpointForm({ endpoint, onClose, onSaved }: Props) {
  const { t } = useTranslation();
  const [url, setUrl] = useState(endpoint?.url ?? '');
  const [description, setDescription] = useState(endpoint?.description ?? '');
  const [types, setTypes] = useState<string[]>(endpoint?.event_types ?? []);
  const [fields, setFields] = useState<string[]>(endpoint?.fields ?? []);
  const [filter, setFilter] = useState(endpoint?.filter ? JSON.stringify(endpoint.filter, null, 2) : '');
  const [version, setVersion] = useState(endpoint?.api_version ?? 'v1');
  const [ordered, setOrdered] = useState(endpoint?.ordered ?? false);
  const [enabled, setEnabled] = useState(endpoint?.enabled ?? true);
  const read = fromJson(filter);
  const save = useMutation({
    meta: { handled: true },
    mutationFn: () => {
      const body = {
        url: url.trim(),
        description: description.trim() || null,
        event_types: types.length > 0 ? types : null,
        fields: fields.length > 0 ? fields : null,
        filter: read.value,
        api_version: version,
        ordered,
        enabled,
      };
      return endpoint
        ? ask<Endpoint>('PATCH', `/v1/webhook_endpoints/${endpoint.id}`, body, { 'if-match': `"${endpoint.version}"` })
        : ask<Endpoint>('POST', '/v1/webhook_endpoints', body);
    },
    onSuccess: onSaved,
  });
  const problem = save.error instanceof Problem ? save.error : undefined;
  const fault = (name: string) =>
    problem?.errors.find((one) => one.field === name || one.field?.startsWith(`${name}.`))?.message;
  const named = ['url', 'description', 'event_types', 'fields', 'filter', 'api_version'].some(fault);
  return (
    <Modal opened onClose={onClose} size="lg" title={endpoint ? t('webhook.edit') : t('webhook.make')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!read.isFaulty) save.mutate();
        }}
      >
        <Stack>
          <TextInput
            label={t('webhook.url')}
            placeholder="https://hooks.example.com/kontor"
            required
            data-autofocus
            value={url}
            onChange={(event) => setUrl(event.currentTarget.value)}
            error={fault('url')}
          />
          <TextInput
            label={t('webhook.description')}
            value={description}
            onChange={(event) => setDescription(event.currentTarget.value)}
            error={fault('description')}
          />
          <TagsInput
            label={t('webhook.types')}
            description={t('webhook.types_why')}
            placeholder="kontor.deal.*"
            value={types}
            onChange={setTypes}
            acceptValueOnBlur
            error={fault('event_types')}
          />
          <TagsInput
            label={t('webhook.fields')}
            description={t('webhook.fields_why')}
            value={fields}
            onChange={setFields}
            acceptValueOnBlur
            error={fault('fields')}
          />
          <Textarea
            label={t('webhook.filter')}
            description={t('webhook.filter_why')}
            autosize
            minRows={2}
            styles={{ input: { fontFamily: 'monospace' } }}
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
            error={read.isFaulty ? t('flow.no_json') : fault('filter')}
          />
          <Group gap="xl">
            <Select
              label={t('webhook.version')}
              w={110}
              allowDeselect={false}
              data={['v1', 'v2']}
              value={version}
              onChange={(next) => next && setVersion(next)}
            />
            <Switch
              label={t('webhook.ordered')}
              checked={ordered}
              onChange={(event) => setOrdered(event.currentTarget.checked)}
            />
            <Switch
              label={t('webhook.enabled')}
              checked={enabled}
              onChange={(event) => setEnabled(event.currentTarget.checked)}
            />
          </Group>
          {save.error && !named && (
            <Alert color="red" role="alert" title={problem?.title ?? t('error.title')}>
              <Fault error={save.error} />
            </Alert>
          )}
          <Group justify="end">
            <Button variant="default" onClick={onClose}>
              {t('cancel')}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {t('save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
