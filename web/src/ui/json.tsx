import { Code, Modal, Text } from '@mantine/core';
import { ScrollBox } from './scroll-box';

/** A value as JSON, to be read and copied. */
export function Json({ value, label }: { value: unknown; label?: string }) {
  return (
    <ScrollBox minWidth={0} maxHeight={420}>
      <Code block aria-label={label}>
        {JSON.stringify(value, null, 2)}
      </Code>
    </ScrollBox>
  );
}

/** What was typed as JSON: the value, or that it is none. */
export function fromJson(text: string): { value: unknown; isFaulty: boolean } {
  if (text.trim() === '') return { value: null, isFaulty: false };
  try {
    return { value: JSON.parse(text), isFaulty: false };
  } catch {
    return { value: null, isFaulty: true };
  }
}

/** A value as JSON over the page; nothing when there is none. */
export function JsonDialog({
  title,
  value,
  note,
  onClose,
}: {
  title: string;
  value: unknown;
  note?: string;
  onClose: () => void;
}) {
  return (
    <Modal opened={value !== null} onClose={onClose} size="lg" title={title}>
      <Json value={value} label={title} />
      {note && (
        <Text size="xs" c="dimmed" mt="xs">
          {note}
        </Text>
      )}
    </Modal>
  );
}
