import { Button, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { type ObjectDef, useCatalog } from '~/api/catalog';
import { ask, download } from '~/api/client';
import type { Row } from '~/api/record';
import { complain } from '~/ui/complain';
import { fileSize, moment } from '~/ui/format';
import { ScrollBox } from '~/ui/scroll-box';
import { fileObjects } from './file-objects';

interface File extends Row {
  name: string;
  media_type: string | null;
  bytes: number | string | null;
  created_at: string;
}

/** What came along with a ticket or an e-mail. */
export default function Files({ def, row }: { def: ObjectDef; row: Row }) {
  const [found] = fileObjects(useCatalog(), def);
  return found ? <FileList object={found.def} path={found.field.path} of={row} /> : null;
}

function FileList({ object, path, of }: { object: ObjectDef; path: string; of: Row }) {
  const { t } = useTranslation();
  const files = useQuery({
    queryKey: ['related', object.name, path, of.id, 'files'],
    queryFn: () =>
      ask<File[]>('POST', `/v1/${object.plural}/search`, {
        filter: { field: path, op: 'eq', value: of.id },
        sort: ['id'],
        limit: 200,
      }),
  }).data;
  return (
    <Stack>
      {files?.length === 0 && <Text c="dimmed">{t('record.no_files')}</Text>}
      {files && files.length > 0 && (
        <ScrollBox minWidth={480}>
          <Table aria-label={t('record.files')} verticalSpacing="xs">
            <Table.Tbody>
              {files.map((file) => (
                <Table.Tr key={file.id}>
                  <Table.Td style={{ overflowWrap: 'anywhere' }}>{file.name}</Table.Td>
                  <Table.Td c="dimmed">{file.media_type}</Table.Td>
                  <Table.Td ta="end" className="numbers">
                    {file.bytes !== null && fileSize(Number(file.bytes))}
                  </Table.Td>
                  <Table.Td style={{ whiteSpace: 'nowrap' }}>{moment(file.created_at)}</Table.Td>
                  <Table.Td ta="end">
                    <Button
                      size="compact-xs"
                      variant="default"
                      leftSection={<Download size={13} />}
                      aria-label={t('record.download', { name: file.name })}
                      onClick={() =>
                        void download(
                          `/v1/${object.plural}/${file.id}/content`,
                          file.name,
                          'application/octet-stream',
                        ).catch(complain)
                      }
                    >
                      {t('export.download')}
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollBox>
      )}
    </Stack>
  );
}
