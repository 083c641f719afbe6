import { Button, Group, Modal, Stack, Switch, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '~/api/client';
import { Fault } from '~/ui/complain';
import { useOpen } from './open';
import { useWidths } from './saved';
import type { SavedView } from './views';
import type { ViewsProps } from './views-menu';

interface Props extends ViewsProps {
  onClose: () => void;
}

/** Gives the view that is shown a name, for oneself or for all. */
export default function NameView({ def, kind, definition, onClose }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const open = useOpen(def);
  const widths = useWidths(def.name);
  const [name, setName] = useState('');
  const [isShared, setShared] = useState(false);
  const [isDefault, setDefault] = useState(false);
  const save = useMutation({
    meta: { handled: true },
    mutationFn: async () => {
      const kept = definition(widths);
      const body = { name: name.trim(), target_object: def.name, kind, shared: isShared, definition: kept };
      const saved = await ask<SavedView>('POST', '/v1/saved_views', body);
      if (isDefault) await ask('POST', `/v1/saved_views/${saved.id}/set_default`, {});
      return saved;
    },
    onSuccess: (saved) => {
      for (const object of ['saved_view', 'default_view'])
        void client.invalidateQueries({ queryKey: ['related', object] });
      open(saved);
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={t('views.save')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) save.mutate();
        }}
      >
        <Stack>
          <TextInput
            label={t('views.name')}
            data-autofocus
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Switch
            label={t('views.share')}
            description={t('views.share_why')}
            checked={isShared}
            onChange={(event) => setShared(event.currentTarget.checked)}
          />
          <Switch
            label={t('views.as_default')}
            checked={isDefault}
            onChange={(event) => setDefault(event.currentTarget.checked)}
          />
          {save.error && (
            <div role="alert">
              <Fault error={save.error} />
            </div>
          )}
          <Group justify="end">
            <Button type="submit" loading={save.isPending}>
              {t('save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
