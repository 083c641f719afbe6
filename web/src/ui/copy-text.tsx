import { Button, CopyButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';

/** Puts a text into the clipboard, and says that it is there. */
export function CopyText({ value, variant = 'default' }: { value: string; variant?: string }) {
  const { t } = useTranslation();
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Button size="compact-xs" variant={variant} onClick={copy}>
          {copied ? t('copied') : t('copy')}
        </Button>
      )}
    </CopyButton>
  );
}
