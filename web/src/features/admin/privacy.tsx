import { Badge, Button, Group, Select, Stack, Table, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCatalog } from '~/api/catalog';
import { ask, download } from '~/api/client';
import { ReferenceInput } from '~/fields/reference';
import { RecordLink, toneOf } from '~/fields/show';
import { complain } from '~/ui/complain';
import { ConfirmDialog } from '~/ui/confirm';
import { day } from '~/ui/format';
import { JsonDialog } from '~/ui/json';
import { useNames } from '~/ui/names';
import { ScrollBox } from '~/ui/scroll-box';

interface Request {
  id: string;
  kind: string;
  state: string;
  subject: { object: string; id: string };
  created_at: string;
  due_at: string;
  archive_url: string | null;
  certificate: unknown;
}

const KEY = ['privacy'];
const ABOUT_PEOPLE = ['contact', 'lead', 'customer', 'user'];
const KINDS = ['access', 'erasure', 'do_not_sell'];

/** Requests of persons: everything that is known, erasure, no sale. */
export default function Privacy() {
  const { t } = useTranslation();
  const names = useNames();
  const client = useQueryClient();
  const catalog = useCatalog();
  const [kind, setKind] = useState<string>('access');
  const [object, setObject] = useState<string>('contact');
  const [id, setId] = useState<string | null>(null);
  const [isSure, setSure] = useState(false);
  const [shown, setShown] = useState<Request | null>(null);
  const list = useQuery({
    queryKey: KEY,
    queryFn: () => ask<Request[]>('GET', '/v1/privacy/requests'),
    refetchInterval: (query) =>
      query.state.data?.some((one) => one.state === 'queued' || one.state === 'running') ? 1_500 : false,
  });
  const make = useMutation({
    mutationFn: () => ask('POST', '/v1/privacy/requests', { kind, subject: { object, id } }),
    onSuccess: () => {
      setId(null);
      void client.invalidateQueries({ queryKey: KEY });
    },
  });
  const begin = () => (kind === 'erasure' ? setSure(true) : make.mutate());
  return (
    <Stack>
      <Group align="end" gap="sm">
        <Select
          label={t('admin.kind')}
          allowDeselect={false}
          data={KINDS.map((one) => ({ value: one, label: t(`admin.request.${one}`) }))}
          value={kind}
          onChange={(next) => next && setKind(next)}
        />
        <Select
          label={t('admin.object')}
          allowDeselect={false}
          data={ABOUT_PEOPLE.flatMap((name) => catalog.find(name) ?? []).map((def) => ({
            value: def.name,
            label: names.one(def),
          }))}
          value={object}
          onChange={(next) => {
            if (next) setObject(next);
            setId(null);
          }}
          w={140}
        />
        <ReferenceInput object={object} label={t('admin.person')} value={id} onChange={setId} />
        <Button disabled={!id} color={kind === 'erasure' ? 'red' : undefined} loading={make.isPending} onClick={begin}>
          {t('admin.begin')}
        </Button>
      </Group>
      <ScrollBox minWidth={680}>
        <Table verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('admin.kind')}</Table.Th>
              <Table.Th>{t('admin.person')}</Table.Th>
              <Table.Th>{t('admin.state')}</Table.Th>
              <Table.Th>{t('admin.due')}</Table.Th>
              <Table.Th />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {list.data?.map((request) => (
              <Table.Tr key={request.id}>
                <Table.Td>{t(`admin.request.${request.kind}`)}</Table.Td>
                <Table.Td>
                  <RecordLink object={request.subject.object} id={request.subject.id} />
                </Table.Td>
                <Table.Td>
                  <Badge variant="light" color={toneOf(request.state === 'completed' ? 'done' : request.state)}>
                    {names.value(request.state)}
                  </Badge>
                </Table.Td>
                <Table.Td>{day(request.due_at.slice(0, 10))}</Table.Td>
                <Table.Td>
                  <Group gap={4} justify="end" wrap="nowrap">
                    {request.archive_url && (
                      <Button
                        size="compact-xs"
                        variant="subtle"
                        onClick={() =>
                          void download(
                            `/v1/privacy/requests/${request.id}/archive`,
                            `archive-${request.id}.ndjson`,
                            '*/*',
                          ).catch(complain)
                        }
                      >
                        {t('admin.archive')}
                      </Button>
                    )}
                    {request.certificate ? (
                      <Button size="compact-xs" variant="subtle" onClick={() => setShown(request)}>
                        {t('admin.certificate')}
                      </Button>
                    ) : null}
                  </Group>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollBox>
      {list.data?.length === 0 && <Text c="dimmed">{t('admin.no_requests')}</Text>}
      <JsonDialog title={t('admin.certificate')} value={shown?.certificate ?? null} onClose={() => setShown(null)} />
      <ConfirmDialog
        isOpen={isSure}
        label={t('admin.request.erasure')}
        question={t('admin.erasure_why')}
        onConfirm={() => make.mutate()}
        onClose={() => setSure(false)}
      />
    </Stack>
  );
}
