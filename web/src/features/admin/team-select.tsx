import { Select } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ask } from '~/api/client';
import type { Row } from '~/api/record';

interface Member extends Row {
  name: string;
  team_id: string | null;
}

/** The team that a user belongs to. */
export function TeamSelect({ user, onDone }: { user: Member; onDone: () => void }) {
  const { t } = useTranslation();
  const teams = useQuery({
    queryKey: ['related', 'team', 'admin'],
    queryFn: () => ask<(Row & { name: string })[]>('GET', '/v1/teams?sort=name&limit=500'),
    staleTime: 60_000,
  });
  const set = useMutation({
    mutationFn: (team_id: string | null) => ask('PATCH', `/v1/users/${user.id}`, { team_id }),
    onSuccess: onDone,
  });
  return (
    <Select
      size="xs"
      w={150}
      clearable
      searchable
      aria-label={t('admin.team_of', { name: user.name })}
      placeholder={t('admin.no_team')}
      data={teams.data?.map((team) => ({ value: team.id, label: team.name })) ?? []}
      value={user.team_id ?? null}
      disabled={set.isPending}
      onChange={(team) => set.mutate(team)}
    />
  );
}
