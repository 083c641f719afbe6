import { Button, Card, Table, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ask } from '~/api/client';
import { say } from '~/ui/complain';
import { moment } from '~/ui/format';
import { ScrollBox } from '~/ui/scroll-box';

interface DeadEvent {
  event_id: string;
  consumer: string;
  type: string;
  sequence: string;
  reason: string;
  tries: number;
  dead_at: string;
  replay_requested_at?: string | null;
}

const KEY = ['events', 'dead'];

/** Events that a service gave up on, each with the reason, to be dealt with again when its cause is mended. */
export function DeadEvents() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data } = useQuery({ queryKey: KEY, queryFn: () => ask<DeadEvent[]>('GET', '/v1/events/dead?limit=50') });
  const replay = useMutation({
    mutationFn: (one: DeadEvent) => ask('POST', `/v1/events/dead/${one.event_id}/replay`, { consumer: one.consumer }),
    onSuccess: () => {
      say(t('event.replayed'));
      void client.invalidateQueries({ queryKey: KEY });
    },
  });
  if (!data || data.length === 0) return null;
  return (
    <Card withBorder component="section" aria-label={t('event.dead')}>
      <Title order={2} size="h5">
        {t('event.dead')}
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        {t('event.dead_why')}
      </Text>
      <ScrollBox minWidth={680}>
        <Table verticalSpacing={4}>
          <Table.Tbody>
            {data.map((one) => (
              <Table.Tr key={`${one.event_id} ${one.consumer}`}>
                <Table.Td className="code">{one.type}</Table.Td>
                <Table.Td>{one.consumer}</Table.Td>
                <Table.Td>{one.reason}</Table.Td>
                <Table.Td style={{ whiteSpace: 'nowrap' }}>{moment(one.dead_at)}</Table.Td>
                <Table.Td ta="end">
                  <Button
                    size="compact-xs"
                    variant="default"
                    disabled={Boolean(one.replay_requested_at)}
                    loading={replay.isPending && replay.variables === one}
                    onClick={() => replay.mutate(one)}
                  >
                    {t('event.replay')}
                  </Button>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollBox>
    </Card>
  );
}
