import { Badge, Button, Card, Group, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type ObjectDef, useCatalog } from '~/api/catalog';
import { type Row, titleOf } from '~/api/record';
import { iconOf } from '~/app/nav';
import { RecordLink, toneOf } from '~/fields/show';
import { Fault } from '~/ui/complain';
import { ago, moment } from '~/ui/format';
import { useNames } from '~/ui/names';
import { ChangeLines } from './change-lines';
import { Composer } from './composer';
import { type Entry, entriesQuery } from './entries';

/** What happened around a record, newest first, with a composer for what happens next. */
export default function Timeline({ def, row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const list = useInfiniteQuery(entriesQuery(def, row.id, 'timeline'));
  const entries = list.data?.pages.flatMap((page) => page.data) ?? [];
  const isActivity = def.service === 'activities';
  return (
    <Stack>
      {!isActivity && <Composer def={def} row={row} />}
      {list.error && <Fault error={list.error} />}
      <Stack component="ol" gap="xs" p={0} m={0} style={{ listStyle: 'none' }} aria-label={t('record.timeline')}>
        {entries.map((entry) => (
          <li key={`${entry.kind} ${entry.id ?? entry.record?.id} ${entry.at}`}>
            <OneEntry def={def} row={row} entry={entry} />
          </li>
        ))}
      </Stack>
      {entries.length === 0 && !list.isLoading && <Text c="dimmed">{t('record.nothing_yet')}</Text>}
      {list.hasNextPage && (
        <Button variant="default" size="xs" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('record.earlier')}
        </Button>
      )}
    </Stack>
  );
}

function OneEntry({ def, row, entry }: { def: ObjectDef; row: Row; entry: Entry }) {
  const { t } = useTranslation();
  const names = useNames();
  const catalog = useCatalog();
  const activity = entry.record;
  if (activity) {
    const kind = catalog.find(activity.object);
    const Icon = iconOf(activity.object);
    return (
      <Card withBorder padding="sm">
        <Group gap="xs" wrap="nowrap" align="start">
          <Icon
            size={16}
            aria-label={kind ? names.one(kind) : activity.object}
            style={{ marginTop: 3, flexShrink: 0 }}
          />
          <div style={{ minWidth: 0, flex: 1 }}>
            <Group gap="xs">
              <RecordLink object={activity.object} id={activity.id} title={titleOf(kind, activity)} />
              {typeof activity.status === 'string' && activity.object !== 'note' && (
                <Badge size="xs" variant="light" color={toneOf(activity.status)}>
                  {names.value(activity.status)}
                </Badge>
              )}
              <Text size="xs" c="dimmed" title={moment(entry.at)}>
                {ago(entry.at)}
              </Text>
            </Group>
            {typeof activity.body === 'string' && (
              <Text size="sm" mt={4} style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
                {activity.body}
              </Text>
            )}
          </div>
        </Group>
      </Card>
    );
  }
  return (
    <Group gap="xs" wrap="nowrap" align="start" px="sm" py={2}>
      <Text size="sm" style={{ minWidth: 0, flex: 1 }} component="div">
        <Text span size="sm" className="in-text">
          {entry.user_id ? <RecordLink object="user" id={entry.user_id} /> : t('record.system')}{' '}
          {t(`did.${entry.action}`, { defaultValue: names.action(entry.action ?? '') })}
        </Text>
        {entry.action !== 'create' && <ChangeLines def={def} entry={entry} row={row} />}
      </Text>
      <Text size="xs" c="dimmed" title={moment(entry.at)} style={{ whiteSpace: 'nowrap' }}>
        {ago(entry.at)}
      </Text>
    </Group>
  );
}
