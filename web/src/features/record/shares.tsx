import { ActionIcon, Badge, Button, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ObjectDef, useCatalog } from '~/api/catalog';
import { ask } from '~/api/client';
import type { Row } from '~/api/record';
import { ReferenceInput } from '~/fields/reference';
import { RecordLink } from '~/fields/show';
import { useNames } from '~/ui/names';

interface Share {
  id: string;
  level: 'read' | 'write';
  user_id?: string | null;
  team_id?: string | null;
}

/** Whom the record is opened to besides those whose role reaches it. */
export default function Shares({ def, row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const names = useNames();
  const catalog = useCatalog();
  const client = useQueryClient();
  const path = `/v1/${def.plural}/${row.id}/shares`;
  const key = ['shares', def.name, row.id];
  const shares = useQuery({ queryKey: key, queryFn: () => ask<Share[]>('GET', path) });
  const [who, setWho] = useState<'user' | 'team'>('user');
  const [id, setId] = useState<string | null>(null);
  const [level, setLevel] = useState('read');
  const refresh = () => void client.invalidateQueries({ queryKey: key });
  const add = useMutation({
    mutationFn: () => ask('POST', path, { [`${who}_id`]: id, level }),
    onSuccess: () => {
      setId(null);
      refresh();
    },
  });
  const remove = useMutation({ mutationFn: (share: string) => ask('DELETE', `${path}/${share}`), onSuccess: refresh });
  const user = catalog.find('user');
  const team = catalog.find('team');
  return (
    <Stack maw={560}>
      <Text size="sm" c="dimmed">
        {t('shares.why')}
      </Text>
      {shares.data?.map((share) => (
        <Group key={share.id} justify="space-between">
          <RecordLink object={share.user_id ? 'user' : 'team'} id={share.user_id ?? share.team_id ?? ''} />
          <Group gap="xs">
            <Badge variant="light" color="gray">
              {t(`shares.${share.level}`)}
            </Badge>
            <ActionIcon aria-label={t('remove')} onClick={() => remove.mutate(share.id)}>
              <X size={15} />
            </ActionIcon>
          </Group>
        </Group>
      ))}
      {shares.data?.length === 0 && <Text size="sm">{t('shares.none')}</Text>}
      <Group align="end">
        <SegmentedControl
          size="sm"
          aria-label={t('shares.whom')}
          value={who}
          onChange={(next) => {
            setWho(next === 'team' ? 'team' : 'user');
            setId(null);
          }}
          data={[
            { value: 'user', label: user ? names.one(user) : 'User' },
            { value: 'team', label: team ? names.one(team) : 'Team' },
          ]}
        />
        <ReferenceInput object={who} value={id} onChange={setId} aria-label={t('shares.whom')} />
        <SegmentedControl
          size="sm"
          aria-label={t('shares.level')}
          value={level}
          onChange={setLevel}
          data={[
            { value: 'read', label: t('shares.read') },
            { value: 'write', label: t('shares.write') },
          ]}
        />
        <Button disabled={!id} loading={add.isPending} onClick={() => add.mutate()}>
          {t('shares.add')}
        </Button>
      </Group>
    </Stack>
  );
}
