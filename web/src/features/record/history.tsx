import { Button, Stack, Table, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { ObjectDef } from '~/api/catalog';
import { useKeyNames } from '~/api/key-names';
import type { Row } from '~/api/record';
import { RecordLink } from '~/fields/show';
import { moment } from '~/ui/format';
import { useNames } from '~/ui/names';
import { ScrollBox } from '~/ui/scroll-box';
import { ChangeLines } from './change-lines';
import { entriesQuery } from './entries';

/** The audit of a record: who changed what from what, and by which key. */
export default function History({ def, row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const names = useNames();
  const keys = useKeyNames();
  const list = useInfiniteQuery(entriesQuery(def, row.id, 'history'));
  const entries = list.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Stack>
      <ScrollBox minWidth={560}>
        <Table className="told" verticalSpacing="xs" striped>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('history.when')}</Table.Th>
              <Table.Th>{t('history.who')}</Table.Th>
              <Table.Th>{t('history.what')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {entries.map((entry) => (
              <Table.Tr key={`${entry.id} ${entry.at}`}>
                <Table.Td style={{ verticalAlign: 'top', whiteSpace: 'nowrap' }}>
                  {moment(entry.at)}
                  <Text size="xs" c="dimmed">
                    {entry.version !== undefined && t('history.version', { version: entry.version })}
                  </Text>
                </Table.Td>
                <Table.Td style={{ verticalAlign: 'top' }}>
                  {entry.user_id ? <RecordLink object="user" id={entry.user_id} /> : t('record.system')}
                  {entry.key_id && (
                    <Text size="xs" c="dimmed">
                      {t('history.key', { key: keys.get(entry.key_id) ?? `#${entry.key_id.slice(-6)}` })}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>
                  {t(`did.${entry.action}`, { defaultValue: names.action(entry.action ?? '') })}
                  <ChangeLines def={def} entry={entry} row={row} />
                  {entry.request_id && (
                    <Text size="xs" c="dimmed" ff="monospace">
                      {entry.request_id}
                    </Text>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollBox>
      {list.hasNextPage && (
        <Button variant="default" size="xs" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('record.earlier')}
        </Button>
      )}
    </Stack>
  );
}
