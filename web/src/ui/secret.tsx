import { Alert, Code, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { CopyText } from './copy-text';

/** Something that is shown this once. */
export function Secret({ title, value, onClose }: { title: string; value: string; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert color="green" title={title} withCloseButton onClose={onClose} closeButtonLabel={t('close')}>
      <Group gap="xs">
        <Code style={{ overflowWrap: 'anywhere' }} data-secret>
          {value}
        </Code>
        <CopyText value={value} />
      </Group>
    </Alert>
  );
}
