import { Anchor, Card, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useCatalog } from '~/api/catalog';
import { api, ask } from '~/api/client';
import type { Row } from '~/api/record';
import { RecordLink } from '~/fields/show';

/** Who asks: how to reach them, where they work, and what else they wait for. */
export function Asker({ id, ticket }: { id: string; ticket: string }) {
  const { t } = useTranslation();
  const catalog = useCatalog();
  const canRead = catalog.find('contact')?.allows.includes('read') ?? false;
  const contact = useQuery({
    queryKey: ['related', 'contact', 'asker', id],
    queryFn: () => ask<Row>('GET', `/v1/contacts/${id}`),
    enabled: canRead,
    retry: false,
  }).data;
  const waiting = [
    { field: 'contact_id', op: 'eq', value: id },
    { field: 'status', op: 'in', value: ['open', 'pending'] },
  ];
  const others = useQuery({
    queryKey: ['related', 'ticket', 'asker', id, ticket],
    queryFn: () =>
      api<Row[]>('POST', '/v1/tickets/search', {
        body: { filter: { and: [...waiting, { field: 'id', op: 'ne', value: ticket }] }, limit: 1, count: 'exact' },
      }),
    enabled: canRead,
  }).data?.page?.total;
  if (!contact) return null;
  const phone = contact.mobile ?? contact.mobile_phone ?? contact.phone;
  return (
    <Card withBorder padding="xs" component="section" aria-label={t('ticket.asker')}>
      <Group gap="md">
        <Text size="sm" fw={600} component="div">
          <RecordLink object="contact" id={id} />
        </Text>
        {typeof contact.email === 'string' && (
          <Anchor size="sm" href={`mailto:${contact.email}`}>
            {contact.email}
          </Anchor>
        )}
        {typeof phone === 'string' && (
          <Anchor size="sm" href={`tel:${phone}`}>
            {phone}
          </Anchor>
        )}
        {typeof contact.company_id === 'string' && <RecordLink object="company" id={contact.company_id} />}
        {others !== undefined && others > 0 && (
          <Anchor
            size="sm"
            renderRoot={(props) => (
              <Link
                to="/records/$plural"
                params={{ plural: 'tickets' }}
                search={{ filter: { join: 'and', parts: waiting } }}
                {...props}
              />
            )}
          >
            {t('ticket.others', { count: others })}
          </Anchor>
        )}
      </Group>
    </Card>
  );
}
