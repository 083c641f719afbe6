import { Anchor, Badge, Button, Group, Modal, Stack, Table, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type FieldDef, type ObjectDef, useCatalog } from '~/api/catalog';
import { ask } from '~/api/client';
import { Problem } from '~/api/problem';
import { Fault } from '~/ui/complain';
import { ConfirmButton } from '~/ui/confirm';
import { useNames } from '~/ui/names';
import { ScrollBox } from '~/ui/scroll-box';
import { FieldForm, type NewField, nameOf, newField, toBody } from './field-form';

/** Objects and fields of one's own. What is made here has its list, form, board and import at once. */
export default function Objects() {
  const { t } = useTranslation();
  const names = useNames();
  const catalog = useCatalog();
  const [open, setOpen] = useState<string | null>(null);
  const [isMaking, setMaking] = useState(false);
  const def = catalog.find(open ?? undefined);
  const sorted = [...catalog.readable].sort(
    (a, b) => Number(b.custom) - Number(a.custom) || a.label.localeCompare(b.label),
  );
  return (
    <Stack>
      <Group justify="end">
        <Button leftSection={<Plus size={15} />} onClick={() => setMaking(true)}>
          {t('admin.new_object')}
        </Button>
      </Group>
      <ScrollBox minWidth={600}>
        <Table verticalSpacing={4} highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('admin.object')}</Table.Th>
              <Table.Th>{t('admin.api_name')}</Table.Th>
              <Table.Th ta="end">{t('admin.fields')}</Table.Th>
              <Table.Th />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sorted.map((one) => (
              <Table.Tr key={one.name}>
                <Table.Td>
                  <Anchor
                    size="sm"
                    renderRoot={(props) => <Link to="/records/$plural" params={{ plural: one.plural }} {...props} />}
                  >
                    {names.many(one)}
                  </Anchor>{' '}
                  {one.custom && (
                    <Badge size="xs" variant="light">
                      {t('admin.own')}
                    </Badge>
                  )}
                </Table.Td>
                <Table.Td ff="monospace" fz="xs">
                  {one.plural}
                </Table.Td>
                <Table.Td ta="end">{one.fields.filter((field) => !field.retired).length}</Table.Td>
                <Table.Td ta="end">
                  <Button size="compact-xs" variant="subtle" onClick={() => setOpen(one.name)}>
                    {t('admin.fields')}
                  </Button>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollBox>
      {def && <Fields def={def} onClose={() => setOpen(null)} />}
      {isMaking && <NewObject onClose={() => setMaking(false)} />}
    </Stack>
  );
}

function useAgain() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ['catalog'] });
}

function NewObject({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const again = useAgain();
  const [label, setLabel] = useState('');
  const [plural, setPlural] = useState('');
  const [list, setList] = useState<NewField[]>([{ ...newField(0), label: 'Name', required: true, searched: true }]);
  const make = useMutation({
    meta: { handled: true },
    mutationFn: () =>
      ask('POST', '/v1/metadata/objects', {
        name: nameOf(label),
        plural: nameOf(plural || `${label}s`),
        label,
        name_field: nameOf(list[0]?.label ?? 'name'),
        fields: list.map(toBody),
      }),
    onSuccess: async () => {
      await again();
      onClose();
    },
  });
  const problem = make.error instanceof Problem ? make.error : undefined;
  return (
    <Modal opened onClose={onClose} size="xl" title={t('admin.new_object')} closeOnClickOutside={false}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <Stack>
          <Group grow>
            <TextInput
              label={t('admin.label')}
              description={label ? nameOf(label) : ' '}
              required
              data-autofocus
              value={label}
              error={problem?.byField().name}
              onChange={(event) => setLabel(event.currentTarget.value)}
            />
            <TextInput
              label={t('admin.plural')}
              description={`/v1/${nameOf(plural || `${label}s`)}`}
              value={plural}
              error={problem?.byField().plural}
              onChange={(event) => setPlural(event.currentTarget.value)}
            />
          </Group>
          <Text size="sm" c="dimmed">
            {t('admin.first_field')}
          </Text>
          {list.map((one, at) => (
            <FieldForm
              key={one.key}
              value={one}
              onChange={(next) => setList(list.map((other, i) => (i === at ? next : other)))}
              onRemove={at > 0 ? () => setList(list.filter((_, i) => i !== at)) : undefined}
            />
          ))}
          <Group>
            <Button
              size="compact-sm"
              variant="light"
              leftSection={<Plus size={13} />}
              onClick={() => setList([...list, newField((list.at(-1)?.key ?? 0) + 1)])}
            >
              {t('admin.add_field')}
            </Button>
          </Group>
          {make.error && (
            <div role="alert">
              <Fault error={make.error} />
            </div>
          )}
          <Group justify="end">
            <Button type="submit" loading={make.isPending}>
              {t('create.do')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Fields({ def, onClose }: { def: ObjectDef; onClose: () => void }) {
  const { t } = useTranslation();
  const names = useNames();
  const again = useAgain();
  const [adding, setAdding] = useState<NewField | null>(null);
  const path = (field?: FieldDef) => `/v1/metadata/objects/${def.name}/fields${field ? `/${field.name}` : ''}`;
  const add = useMutation({
    meta: { handled: true },
    mutationFn: (field: NewField) => ask('POST', path(), toBody(field)),
    onSuccess: async () => {
      await again();
      setAdding(null);
    },
  });
  const retire = useMutation({
    mutationFn: (field: FieldDef) =>
      field.retired ? ask('PATCH', path(field), { retired: false }) : ask('DELETE', path(field)),
    onSuccess: again,
  });
  const drop = useMutation({
    mutationFn: () => ask('DELETE', `/v1/metadata/objects/${def.name}`),
    onSuccess: async () => {
      onClose();
      await again();
    },
  });
  return (
    <Modal opened onClose={onClose} size="xl" title={`${names.many(def)}: ${t('admin.fields')}`}>
      <Stack>
        <Table verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('admin.label')}</Table.Th>
              <Table.Th>{t('admin.api_name')}</Table.Th>
              <Table.Th>{t('admin.type')}</Table.Th>
              <Table.Th>{t('admin.marks')}</Table.Th>
              <Table.Th />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {def.fields.map((field) => (
              <Table.Tr key={`${field.path} ${field.retired}`} c={field.retired ? 'dimmed' : undefined}>
                <Table.Td>{names.field(field)}</Table.Td>
                <Table.Td ff="monospace" fz="xs">
                  {field.path}
                </Table.Td>
                <Table.Td>{field.type + (field.object ? ` → ${field.object}` : '')}</Table.Td>
                <Table.Td fz="xs">
                  {(['required', 'unique', 'indexed', 'searched', 'read_only', 'retired'] as const)
                    .filter((mark) => field[mark])
                    .map((mark) => t(`admin.mark.${mark}`))
                    .join(', ')}
                </Table.Td>
                <Table.Td ta="end">
                  {(field.custom || def.custom) && !field.read_only && (
                    <Button
                      size="compact-xs"
                      variant="subtle"
                      color={field.retired ? undefined : 'red'}
                      onClick={() => retire.mutate(field)}
                    >
                      {field.retired ? t('admin.bring_back') : t('admin.retire')}
                    </Button>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        {adding ? (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              add.mutate(adding);
            }}
          >
            <FieldForm value={adding} onChange={setAdding} onRemove={() => setAdding(null)} />
            {add.error && (
              <div role="alert">
                <Fault error={add.error} />
              </div>
            )}
            <Button type="submit" mt="sm" loading={add.isPending}>
              {t('admin.add_field')}
            </Button>
          </form>
        ) : (
          <Group justify="space-between">
            <Button variant="light" leftSection={<Plus size={14} />} onClick={() => setAdding(newField(0))}>
              {t('admin.add_field')}
            </Button>
            {def.custom && (
              <ConfirmButton
                size="sm"
                label={t('admin.retire_object')}
                question={t('admin.retire_why', { name: names.many(def) })}
                onConfirm={() => drop.mutate()}
              />
            )}
          </Group>
        )}
      </Stack>
    </Modal>
  );
}
