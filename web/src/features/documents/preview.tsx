import { Button, Group, Loader, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ObjectDef } from '~/api/catalog';
import { raw } from '~/api/client';
import type { Row } from '~/api/record';
import { Fault } from '~/ui/complain';

/** The document as it is printed, drawn by the browser. */
export default function PdfPreview({ def, row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const [url, setUrl] = useState<string | null>(null);
  const file = useQuery({
    queryKey: ['record', def.name, row.id, 'pdf', row.version],
    queryFn: async () => {
      const answer = await raw('GET', `/v1/${def.plural}/${row.id}/pdf`, { headers: { accept: 'application/pdf' } });
      return answer.blob();
    },
    retry: false,
    structuralSharing: false,
  });
  useEffect(() => {
    if (!file.data) return;
    const made = URL.createObjectURL(file.data);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file.data]);
  if (file.error) return <Fault error={file.error} />;
  if (!url) return <Loader aria-label={t('loading')} />;
  return (
    <Stack gap="xs">
      <iframe
        title={t('record.pdf')}
        src={url}
        style={{ width: '100%', height: '78vh', border: '1px solid var(--line)', borderRadius: 8 }}
      />
      <Group justify="space-between">
        <Text size="xs" c="dimmed">
          {t('doc.why')}
        </Text>
        <Button size="xs" variant="default" component="a" href={url} target="_blank" rel="noreferrer">
          {t('doc.open')}
        </Button>
      </Group>
    </Stack>
  );
}
