import { Button, Group, Modal, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

interface Props {
  label: string;
  question: string;
  onConfirm: () => void;
  size?: string;
}

/** A button for what cannot be taken back: asks before it does it. */
export function ConfirmButton({ label, question, onConfirm, size = 'compact-xs' }: Props) {
  const { t } = useTranslation();
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button size={size} variant="subtle" color="red" onClick={() => setAsking(true)}>
        {label}
      </Button>
      <Modal opened={isAsking} onClose={() => setAsking(false)} title={label}>
        <Text size="sm">{question}</Text>
        <Group justify="end" mt="md">
          <Button variant="default" data-autofocus onClick={() => setAsking(false)}>
            {t('cancel')}
          </Button>
          <Button
            color="red"
            onClick={() => {
              setAsking(false);
              onConfirm();
            }}
          >
            {label}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
