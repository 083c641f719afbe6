import {
  Alert,
  Button,
  Group,
  Modal,
  MultiSelect,
  NativeSelect,
  Select,
  Stack,
  Table,
  Text,
  TextInput,
} from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fields, type ObjectDef, useCatalog } from '~/api/catalog';
import { ask } from '~/api/client';
import { useNames } from '~/ui/names';
import { ScrollBox } from '~/ui/scroll-box';
import { ACTIONS, type Action, effective, type Mask, own, type Permission, type Reach } from './permissions';
import { type Role, rolesQuery } from './role-select';
import { SeeAsRole } from './see-as';

const REACHES = ['own', 'team', 'all'] as const;

/** Roles as a table: object × action × whose records, and fields that are hidden or only read. */
export default function Roles() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const roles = useQuery(rolesQuery).data ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const [name, setName] = useState('');
  const role = roles.find((one) => one.id === chosen) ?? roles.find((one) => !one.built_in) ?? roles[0];
  const make = useMutation({
    mutationFn: () => ask<Role>('POST', '/v1/roles', { name }),
    onSuccess: (made) => {
      setName('');
      setChosen(made.id);
      void client.invalidateQueries({ queryKey: ['related', 'role'] });
    },
  });
  return (
    <Stack>
      <Group justify="space-between" align="end">
        <Select
          label={t('dev.role')}
          allowDeselect={false}
          searchable
          data={roles.map((one) => ({
            value: one.id,
            label: one.built_in ? `${one.name} (${t('admin.shipped')})` : one.name,
          }))}
          value={role?.id ?? null}
          onChange={setChosen}
          w={280}
        />
        <form
          onSubmit={(event) => {
            event.preventDefault();
            make.mutate();
          }}
        >
          <Group gap="xs">
            <TextInput
              required
              aria-label={t('admin.role_name')}
              placeholder={t('admin.role_name')}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Button type="submit" loading={make.isPending}>
              {t('admin.new_role')}
            </Button>
          </Group>
        </form>
      </Group>
      {role && <SeeAsRole key={role.id} role={role.id} />}
      {role?.built_in && (
        <Alert color="blue" title={role.name}>
          {role.description} {t('admin.shipped_why')}
        </Alert>
      )}
      {role && !role.built_in && <Matrix role={role} />}
    </Stack>
  );
}

function Matrix({ role }: { role: Role }) {
  const { t } = useTranslation();
  const names = useNames();
  const client = useQueryClient();
  const catalog = useCatalog();
  const [masking, setMasking] = useState<ObjectDef | null>(null);
  const key = ['related', 'permission', role.id];
  const permissions =
    useQuery({
      queryKey: key,
      queryFn: () => ask<Permission[]>('GET', `/v1/permissions?filter[role_id]=${role.id}&limit=500`),
    }).data ?? [];
  const set = useMutation({
    mutationFn: ({ object, action, reach }: { object: string; action: Action; reach: Reach | null }) => {
      const there = own(permissions, object, action);
      if (!reach) return there ? ask('DELETE', `/v1/permissions/${there.id}`) : Promise.resolve();
      if (there) return ask('PATCH', `/v1/permissions/${there.id}`, { reach });
      return ask('POST', '/v1/permissions', { role_id: role.id, target_object: object, action, reach });
    },
    onSettled: () => void client.invalidateQueries({ queryKey: key }),
  });
  const objects = [
    { name: '*', label: t('admin.everything') },
    ...catalog.readable.map((def) => ({ name: def.name, label: names.many(def) })),
  ];
  return (
    <>
      <ScrollBox minWidth={760} maxHeight={640}>
        <Table verticalSpacing={3} stickyHeader striped>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('admin.object')}</Table.Th>
              {ACTIONS.map((action) => (
                <Table.Th key={action}>{t(`admin.actions.${action}`)}</Table.Th>
              ))}
              <Table.Th>{t('admin.fields')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {objects.map((object) => {
              const mask = own(permissions, object.name, 'read')?.field_mask;
              const count = (mask?.hidden?.length ?? 0) + (mask?.read_only?.length ?? 0);
              return (
                <Table.Tr key={object.name}>
                  <Table.Th scope="row" fw={object.name === '*' ? 700 : 500}>
                    {object.label}
                  </Table.Th>
                  {ACTIONS.map((action) => {
                    const here = own(permissions, object.name, action);
                    const { reach } = effective(permissions, object.name, action);
                    return (
                      <Table.Td key={action}>
                        <NativeSelect
                          size="xs"
                          w={120}
                          aria-label={`${object.label}: ${t(`admin.actions.${action}`)}`}
                          data={[
                            { value: '', label: reach && !here ? `(${t(`admin.reach.${reach}`)})` : '–' },
                            ...REACHES.map((one) => ({ value: one, label: t(`admin.reach.${one}`) })),
                          ]}
                          value={here?.reach ?? ''}
                          onChange={(event) => {
                            const next = REACHES.find((one) => one === event.currentTarget.value) ?? null;
                            set.mutate({ object: object.name, action, reach: next });
                          }}
                        />
                      </Table.Td>
                    );
                  })}
                  <Table.Td>
                    {object.name !== '*' && (
                      <Button
                        size="compact-xs"
                        variant="subtle"
                        onClick={() => setMasking(catalog.find(object.name) ?? null)}
                      >
                        {count > 0 ? t('admin.masked', { count }) : t('admin.all_fields')}
                      </Button>
                    )}
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </ScrollBox>
      <Text size="xs" c="dimmed">
        {t('admin.matrix_why')}
      </Text>
      {masking && (
        <MaskDialog
          def={masking}
          role={role}
          permission={own(permissions, masking.name, 'read')}
          onClose={() => {
            setMasking(null);
            void client.invalidateQueries({ queryKey: key });
          }}
        />
      )}
    </>
  );
}

function MaskDialog({
  def,
  role,
  permission,
  onClose,
}: {
  def: ObjectDef;
  role: Role;
  permission?: Permission;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const names = useNames();
  const [mask, setMask] = useState<Mask>(permission?.field_mask ?? {});
  const choices = fields(def).map((field) => ({ value: field.path, label: names.field(field) }));
  const save = useMutation({
    mutationFn: () => {
      const field_mask = mask.hidden?.length || mask.read_only?.length ? mask : null;
      if (permission) return ask('PATCH', `/v1/permissions/${permission.id}`, { field_mask });
      return ask('POST', '/v1/permissions', {
        role_id: role.id,
        target_object: def.name,
        action: 'read',
        reach: 'all',
        field_mask,
      });
    },
    onSuccess: onClose,
  });
  return (
    <Modal opened onClose={onClose} title={`${role.name}: ${names.many(def)}`}>
      <Stack>
        <MultiSelect
          label={t('admin.hidden')}
          searchable
          data={choices}
          value={mask.hidden ?? []}
          onChange={(hidden) => setMask({ ...mask, hidden })}
        />
        <MultiSelect
          label={t('admin.read_only')}
          searchable
          data={choices}
          value={mask.read_only ?? []}
          onChange={(read_only) => setMask({ ...mask, read_only })}
        />
        <Group justify="end">
          <Button loading={save.isPending} onClick={() => save.mutate()}>
            {t('save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
