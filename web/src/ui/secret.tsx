import { Alert, Button, Code, CopyButton, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';

/** Something that is shown this once. */
export function Secret({ title, value, onClose }: { title: string; value: string; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert color="green" title={title} withCloseButton onClose={onClose} closeButtonLabel={t('close')}>
      <Group gap="xs">
        <Code style={{ overflowWrap: 'anywhere' }} data-secret>
          {value}
        </Code>
        <CopyButton value={value}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="default" onClick={copy}>
              {copied ? t('copied') : t('copy')}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Alert>
  );
}
