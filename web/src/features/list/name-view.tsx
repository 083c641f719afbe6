import { Button, Group, Modal, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ObjectDef } from '~/api/catalog';
import { saveView } from './saved';
import type { View } from './view';

/** Gives the view that is shown a name. */
export default function NameView({ def, view, onClose }: { def: ObjectDef; view: View; onClose: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  return (
    <Modal opened onClose={onClose} title={t('views.save')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!name.trim()) return;
          saveView(def.name, { name: name.trim(), view });
          onClose();
        }}
      >
        <TextInput
          label={t('views.name')}
          data-autofocus
          maxLength={60}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Group justify="end" mt="md">
          <Button type="submit">{t('save')}</Button>
        </Group>
      </form>
    </Modal>
  );
}
