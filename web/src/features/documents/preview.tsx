import { Alert, Button, Group, Loader, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may, type ObjectDef, useCatalog } from '~/api/catalog';
import { raw } from '~/api/client';
import { Problem } from '~/api/problem';
import type { Row } from '~/api/record';
import { Fault } from '~/ui/complain';

const QuickCreate = lazy(() => import('~/features/create/quick'));

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
  if (file.error instanceof Problem && file.error.detail.startsWith('legal_entity_missing')) return <NoEntity />;
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

/** Before the first document: what it cannot do without, asked for here. */
function NoEntity() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isMaking, setMaking] = useState(false);
  const canMake = may(useCatalog().find('legal_entity'), 'create');
  return (
    <Alert color="blue" title={t('doc.no_entity')}>
      <Stack gap="sm" align="start">
        <Text size="sm">{t('doc.no_entity_why')}</Text>
        {canMake && (
          <Button size="xs" onClick={() => setMaking(true)}>
            {t('doc.make_entity')}
          </Button>
        )}
      </Stack>
      <Suspense>
        {isMaking && (
          <QuickCreate
            object="legal_entity"
            onClose={() => setMaking(false)}
            onMade={() => {
              setMaking(false);
              void client.invalidateQueries({ queryKey: ['record'] });
            }}
          />
        )}
      </Suspense>
    </Alert>
  );
}
