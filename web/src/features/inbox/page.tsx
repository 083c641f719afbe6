import { Button, Group, SegmentedControl, Stack, Tabs, Text, Title } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCatalog } from '~/api/catalog';
import { type Answer, api, ask } from '~/api/client';
import { useMe } from '~/api/me';
import { refresh } from '~/features/list/bulk';
import { RecordLink } from '~/fields/show';
import { Fault } from '~/ui/complain';
import { ago, moment } from '~/ui/format';
import { usePageTitle } from '~/ui/page-title';
import { type News, newsPath } from './data';
import { Preferences } from './preferences';

const AT_ONCE = 30;

/** What one is told of: the news, and by which ways they come. */
export function InboxPage() {
  const { t } = useTranslation();
  usePageTitle(t('nav.inbox'));
  return (
    <Stack p="md" maw={920}>
      <Title order={1} size="h3">
        {t('nav.inbox')}
      </Title>
      <Tabs defaultValue="news" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="news">{t('inbox.news')}</Tabs.Tab>
          <Tabs.Tab value="ways">{t('inbox.ways')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="news" pt="md">
          <Inbox />
        </Tabs.Panel>
        <Tabs.Panel value="ways" pt="md">
          <Preferences />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

function Inbox() {
  const { t } = useTranslation();
  const user = useMe().user?.id ?? '0';
  const def = useCatalog().find('notification');
  const client = useQueryClient();
  const [which, setWhich] = useState('unread');
  const list = useInfiniteQuery({
    queryKey: ['list', 'notification', user, which],
    queryFn: ({ pageParam }) => api<News[]>('GET', newsPath(user, which === 'unread', pageParam, AT_ONCE)),
    initialPageParam: null as string | null,
    getNextPageParam: (last: Answer<News[]>) => (last.page?.has_more ? (last.page.next_cursor ?? null) : null),
  });
  const mark = useMutation({
    mutationFn: ({ id, action }: { id: string; action: 'read' | 'unread' | 'read_all' }) =>
      ask('POST', `/v1/notifications/${id}/${action}`, {}),
    onSuccess: () => def && refresh(client, def),
  });
  const news = list.data?.pages.flatMap((page) => page.data) ?? [];
  const newest = news[0];
  return (
    <Stack>
      <Group justify="space-between">
        <SegmentedControl
          aria-label={t('inbox.which')}
          value={which}
          onChange={setWhich}
          data={[
            { value: 'unread', label: t('inbox.only_unread') },
            { value: 'all', label: t('inbox.all') },
          ]}
        />
        {newest && (
          <Button
            variant="default"
            size="xs"
            loading={mark.isPending}
            onClick={() => mark.mutate({ id: newest.id, action: 'read_all' })}
          >
            {t('inbox.read_all')}
          </Button>
        )}
      </Group>
      {list.error && <Fault error={list.error} />}
      <ul aria-label={t('inbox.news')} className="plain-list">
        {news.map((one) => (
          <NewsItem
            key={one.id}
            news={one}
            onMark={() => mark.mutate({ id: one.id, action: one.read_at ? 'unread' : 'read' })}
          />
        ))}
      </ul>
      {news.length === 0 && !list.isLoading && <Text c="dimmed">{t('inbox.none')}</Text>}
      {list.hasNextPage && (
        <Button variant="default" size="xs" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('record.earlier')}
        </Button>
      )}
    </Stack>
  );
}

function NewsItem({ news, onMark }: { news: News; onMark: () => void }) {
  const { t } = useTranslation();
  return (
    <li className="plain-item" data-unread={!news.read_at || undefined}>
      <Group justify="space-between" wrap="nowrap" align="start" gap="sm">
        <div style={{ minWidth: 0, overflowWrap: 'anywhere' }}>
          <Text size="sm" fw={news.read_at ? 400 : 650}>
            {news.title}
          </Text>
          {news.body && (
            <Text size="sm" c="dimmed" style={{ whiteSpace: 'pre-wrap' }}>
              {news.body}
            </Text>
          )}
          <Group gap="sm">
            {news.related_to_object && news.related_to_id && (
              <RecordLink object={news.related_to_object} id={news.related_to_id} />
            )}
            <Text size="xs" c="dimmed" title={moment(news.created_at)}>
              {ago(news.created_at)}
              {news.event_type ? ` · ${news.event_type}` : ''}
            </Text>
          </Group>
          {news.problem && (
            <Text size="xs" c="var(--mantine-color-error)">
              {news.problem}
            </Text>
          )}
        </div>
        <Button size="compact-xs" variant="subtle" onClick={onMark} style={{ flexShrink: 0 }}>
          {news.read_at ? t('inbox.mark_unread') : t('inbox.mark_read')}
        </Button>
      </Group>
    </li>
  );
}
