import { Badge, Code, Drawer, Group, Stack, Text } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { curl, onRequest, requests } from '~/api/log';
import { CopyText } from '~/ui/copy-text';
import { ago } from '~/ui/format';

/** What the page asked the API, newest first, to be asked again in a shell. */
export default function CurlDrawer({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const all = useSyncExternalStore(onRequest, requests);
  return (
    <Drawer opened onClose={onClose} position="right" size="lg" title={t('curl.title')}>
      <Text size="sm" c="dimmed" mb="sm">
        {t('curl.why')}
      </Text>
      <Stack gap="md">
        {all.map((one) => {
          const command = curl(one, location.origin);
          return (
            <div key={`${one.at}-${one.requestId}`}>
              <Group gap="xs" mb={4}>
                <Badge size="sm" variant="light" color={one.status < 400 ? 'green' : 'red'}>
                  {one.status}
                </Badge>
                <Text size="xs" c="dimmed">
                  {one.ms} ms · {ago(new Date(one.at).toISOString())} · {one.requestId}
                </Text>
                <CopyText value={command} variant="subtle" />
              </Group>
              <Code block style={{ whiteSpace: 'pre-wrap', wordBreak: 'break-all' }}>
                {command}
              </Code>
            </div>
          );
        })}
      </Stack>
    </Drawer>
  );
}
