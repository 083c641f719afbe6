import { Badge, Button, Card, Group, Progress, Select, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { field, may, type ObjectDef, useCatalog } from '~/api/catalog';
import { type Answer, api, ask } from '~/api/client';
import type { Row } from '~/api/record';
import { useRefresh } from '~/api/records';
import { ReferenceInput } from '~/fields/reference';
import { RecordLink, toneOf } from '~/fields/show';
import { Fault, say } from '~/ui/complain';
import { moment, money, number } from '~/ui/format';
import { useNames } from '~/ui/names';
import { ScrollBox } from '~/ui/scroll-box';

interface Results {
  members: number;
  sent: number;
  responded: number;
  by_status: Record<string, number>;
  leads: { status?: string; n: number }[];
  deals: { 'stage.kind'?: string; currency?: string; n: number; amount?: string }[];
}

interface Member extends Row {
  contact_id: string | null;
  lead_id: string | null;
  status: string | null;
  reason: string | null;
  sent_at: string | null;
}

/** What a campaign brought, and whom it goes to. */
export default function CampaignRoom({ def, row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const names = useNames();
  const results = useQuery({
    queryKey: ['record', 'campaign', row.id, 'results'],
    queryFn: () => ask<Results>('GET', `/v1/campaigns/${row.id}/results`),
  });
  const data = results.data;
  const all = Math.max(1, data?.members ?? 0);
  return (
    <Stack>
      {results.error && <Fault error={results.error} />}
      {data && (
        <SimpleGrid cols={{ base: 1, sm: 2, xl: 4 }}>
          <Figure label={t('campaign.members')} value={number(String(data.members))} />
          <Figure label={t('campaign.sent')} value={number(String(data.sent))} />
          <Figure label={t('campaign.responded')} value={number(String(data.responded))} />
          <Figure label={t('campaign.leads')} value={number(String(data.leads.reduce((sum, one) => sum + one.n, 0)))} />
        </SimpleGrid>
      )}
      {data && data.members > 0 && (
        <Card withBorder component="section" aria-label={t('campaign.by_status')}>
          <Title order={2} size="h6" mb="xs">
            {t('campaign.by_status')}
          </Title>
          <Stack gap={6}>
            {Object.entries(data.by_status).map(([status, n]) => (
              <div key={status}>
                <Group justify="space-between">
                  <Text size="sm">{names.value(status)}</Text>
                  <Text size="sm" className="numbers">
                    {number(String(n))}
                  </Text>
                </Group>
                <Progress value={(n / all) * 100} color={toneOf(status)} aria-label={names.value(status)} />
              </div>
            ))}
          </Stack>
        </Card>
      )}
      {data && data.deals.length > 0 && (
        <Card withBorder component="section" aria-label={t('campaign.deals')}>
          <Title order={2} size="h6" mb="xs">
            {t('campaign.deals')}
          </Title>
          {data.deals.map((one) => (
            <Group key={`${one['stage.kind']} ${one.currency}`} justify="space-between">
              <Text size="sm">{names.value(one['stage.kind'] ?? 'open')}</Text>
              <Text size="sm" className="numbers">
                {number(String(one.n))} · {one.amount ? money(one.amount, one.currency) : ''}
              </Text>
            </Group>
          ))}
        </Card>
      )}
      {may(def, 'update') && <AddMember def={def} row={row} />}
      <Members row={row} />
    </Stack>
  );
}

function Figure({ label, value }: { label: string; value: string }) {
  return (
    <Card withBorder padding="sm">
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text fw={650} size="xl" className="numbers">
        {value}
      </Text>
    </Card>
  );
}

function AddMember({ def, row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const again = useRefresh(def);
  const [contact, setContact] = useState<string | null>(null);
  const add = useMutation({
    mutationFn: (id: string) => ask('POST', `/v1/campaigns/${row.id}/enrol`, { contact_ids: [id] }),
    onSuccess: () => {
      setContact(null);
      say(t('campaign.added'));
      again(row.id);
    },
  });
  return (
    <Group align="end">
      <ReferenceInput object="contact" label={t('campaign.add')} value={contact} onChange={setContact} />
      <Button
        variant="default"
        disabled={!contact}
        loading={add.isPending}
        onClick={() => contact && add.mutate(contact)}
      >
        {t('add')}
      </Button>
    </Group>
  );
}

function Members({ row }: { row: Row }) {
  const { t } = useTranslation();
  const names = useNames();
  const def = useCatalog().find('campaign_member');
  const [status, setStatus] = useState<string | null>(null);
  const list = useInfiniteQuery({
    queryKey: ['record', 'campaign', row.id, 'members', status],
    queryFn: ({ pageParam }) => {
      const params = new URLSearchParams({ 'filter[campaign_id]': row.id, limit: '50', sort: '-id' });
      if (status) params.set('filter[status]', status);
      if (pageParam) params.set('cursor', pageParam);
      return api<Member[]>('GET', `/v1/campaign_members?${params}`);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last: Answer<Member[]>) => (last.page?.has_more ? (last.page.next_cursor ?? null) : null),
    enabled: may(def, 'read'),
  });
  const members = list.data?.pages.flatMap((page) => page.data) ?? [];
  const states = (def && field(def, 'status')?.values) ?? [];
  return (
    <Stack component="section" aria-label={t('campaign.members')}>
      <Group justify="space-between" align="end">
        <Title order={2} size="h6">
          {t('campaign.members')}
        </Title>
        <Select
          size="xs"
          aria-label={names.value('status')}
          placeholder={t('webhook.state')}
          clearable
          data={states.map((value) => ({ value, label: names.value(value) }))}
          value={status}
          onChange={setStatus}
        />
      </Group>
      {list.error && <Fault error={list.error} />}
      <ScrollBox minWidth={480}>
        <Table verticalSpacing={4} aria-label={t('campaign.members')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('campaign.person')}</Table.Th>
              <Table.Th>{t('webhook.state')}</Table.Th>
              <Table.Th>{t('campaign.reason')}</Table.Th>
              <Table.Th>{t('campaign.sent')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {members.map((one) => (
              <Table.Tr key={one.id}>
                <Table.Td>
                  {one.contact_id && <RecordLink object="contact" id={one.contact_id} />}
                  {one.lead_id && <RecordLink object="lead" id={one.lead_id} />}
                </Table.Td>
                <Table.Td>
                  <Badge variant="light" color={toneOf(one.status ?? '')}>
                    {names.value(one.status ?? 'added')}
                  </Badge>
                </Table.Td>
                <Table.Td fz="xs">{one.reason ? names.value(one.reason) : ''}</Table.Td>
                <Table.Td fz="xs">{one.sent_at ? moment(one.sent_at) : ''}</Table.Td>
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
