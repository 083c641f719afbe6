import { Anchor, Group, Stack, Tabs, Text, Title } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { manages, useMe } from '~/api/me';
import { usePageTitle } from '~/ui/page-title';
import { OauthClients } from './clients';
import { EventLog } from './events';
import { ApiKeys } from './keys';
import { RequestLog } from './requests';
import { TABS } from './tabs';
import { Webhooks } from './webhooks';

const route = getRouteApi('/developers');

/** What whoever builds on the API needs: keys, applications, what was asked, the documents. */
export function DevelopersPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const me = useMe();
  const { tab } = route.useSearch();
  usePageTitle(t('nav.developers'));
  const tabs = TABS.filter((one) => manages(me) || !one.isManaged).map((one) => one.name);
  const chosen = tabs.find((one) => one === tab) ?? tabs[0];
  return (
    <Stack p="md">
      <Group justify="space-between">
        <Title order={1} size="h3">
          {t('nav.developers')}
        </Title>
        <Group gap="md">
          <Anchor size="sm" href="/docs" target="_blank">
            {t('dev.swagger')}
          </Anchor>
          <Anchor size="sm" href="/openapi/v1.json" target="_blank">
            OpenAPI
          </Anchor>
          <Anchor size="sm" href="/docs/errors" target="_blank">
            {t('dev.errors')}
          </Anchor>
        </Group>
      </Group>
      <Text size="sm" c="dimmed">
        {t('dev.why')}
      </Text>
      <Tabs
        value={chosen}
        keepMounted={false}
        onChange={(next) => void navigate({ to: '/developers', search: { tab: next ?? undefined }, replace: true })}
      >
        <Tabs.List>
          {tabs.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {t(`dev.${one}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="requests" pt="md">
          <RequestLog />
        </Tabs.Panel>
        <Tabs.Panel value="events" pt="md">
          <EventLog />
        </Tabs.Panel>
        <Tabs.Panel value="webhooks" pt="md">
          <Webhooks />
        </Tabs.Panel>
        <Tabs.Panel value="keys" pt="md">
          <ApiKeys />
        </Tabs.Panel>
        <Tabs.Panel value="clients" pt="md">
          <OauthClients />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
