import { Button, Group, Modal, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

interface DialogProps {
  isOpen: boolean;
  /** What is done, in the title and on the button that does it. */
  label: string;
  question: string;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before what cannot be taken back is done. */
export function ConfirmDialog({ isOpen, label, question, onConfirm, onClose }: DialogProps) {
  const { t } = useTranslation();
  return (
    <Modal opened={isOpen} onClose={onClose} title={label}>
      <Text size="sm">{question}</Text>
      <Group justify="end" mt="md">
        <Button variant="default" data-autofocus onClick={onClose}>
          {t('cancel')}
        </Button>
        <Button
          color="red"
          onClick={() => {
            onClose();
            onConfirm();
          }}
        >
          {label}
        </Button>
      </Group>
    </Modal>
  );
}

interface Props {
  label: string;
  question: string;
  onConfirm: () => void;
  size?: string;
}

/** A button for what cannot be taken back: asks before it does it. */
export function ConfirmButton({ label, question, onConfirm, size = 'compact-xs' }: Props) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button size={size} variant="subtle" color="red" onClick={() => setAsking(true)}>
        {label}
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        label={label}
        question={question}
        onConfirm={onConfirm}
        onClose={() => setAsking(false)}
      />
    </>
  );
}
