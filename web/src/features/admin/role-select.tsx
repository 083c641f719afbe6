import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ask } from '~/api/client';
import type { Row } from '~/api/record';

export interface Role extends Row {
  name: string;
  description: string | null;
  built_in: boolean;
}

export const rolesQuery = {
  queryKey: ['related', 'role', 'all'],
  queryFn: () => ask<Role[]>('GET', '/v1/roles?limit=200&sort=name'),
  staleTime: 60_000,
};

/** Chooses a role by its name, as keys and invitations take it. */
export function RoleSelect({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string | null;
  onChange: (value: string | null) => void;
}) {
  const roles = useQuery(rolesQuery).data ?? [];
  return (
    <Select
      label={label}
      searchable
      allowDeselect={false}
      data={roles.map((role) => role.name)}
      value={value}
      onChange={onChange}
    />
  );
}
