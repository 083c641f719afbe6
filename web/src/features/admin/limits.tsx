import { Code, Progress, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { raw } from '~/api/client';
import { number } from '~/ui/format';
import { ScrollBox } from '~/ui/scroll-box';
import { type Limit, limitsOf } from './rates';

/** What the limits leave of the requests of whoever looks, as every answer of the API says it. */
export default function Limits() {
  const { t } = useTranslation();
  const limits = useQuery({
    queryKey: ['limits'],
    queryFn: async () => {
      const answers = [
        await raw('GET', '/v1/me'),
        // What searches and the like are limited to stands beside the others only there.
        await raw('POST', '/v1/users/search', { body: { limit: 1 } }),
      ];
      return limitsOf(answers.map(({ headers }) => [headers.get('ratelimit-policy'), headers.get('ratelimit')]));
    },
    refetchInterval: 5_000,
  }).data;
  return (
    <Stack maw={820}>
      <Text size="sm" c="dimmed">
        {t('limits.why')}
      </Text>
      {limits?.length === 0 && <Text>{t('limits.none')}</Text>}
      {limits && limits.length > 0 && (
        <ScrollBox minWidth={560}>
          <Table aria-label={t('admin.limits')} verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('limits.limit')}</Table.Th>
                <Table.Th ta="end">{t('limits.allowed')}</Table.Th>
                <Table.Th ta="end">{t('limits.left')}</Table.Th>
                <Table.Th>{t('limits.used')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {limits.map((limit) => (
                <OneLimit key={limit.name} limit={limit} />
              ))}
            </Table.Tbody>
          </Table>
        </ScrollBox>
      )}
      <Text size="sm">{t('limits.change')}</Text>
      <Code block>{'kontor settings get\nkontor settings set key_per_second 20'}</Code>
    </Stack>
  );
}

function OneLimit({ limit: { name, quota, seconds, left } }: { limit: Limit }) {
  const { t } = useTranslation();
  const label = t(`limits.names.${name}`, { defaultValue: name });
  return (
    <Table.Tr>
      <Table.Td>{label}</Table.Td>
      <Table.Td ta="end" className="numbers">
        {t('limits.in', { shown: number(quota), count: seconds })}
      </Table.Td>
      <Table.Td ta="end" className="numbers">
        {number(left)}
      </Table.Td>
      <Table.Td miw={140}>
        <Progress
          value={quota > 0 ? (100 * (quota - left)) / quota : 0}
          color={left < quota / 10 ? 'red' : undefined}
          aria-label={label}
        />
      </Table.Td>
    </Table.Tr>
  );
}
