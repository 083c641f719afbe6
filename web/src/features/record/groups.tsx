import { ActionIcon, Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { Pencil } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type FieldDef, may, type ObjectDef } from '~/api/catalog';
import { Problem } from '~/api/problem';
import { patchOf, type Row, same, valueAt } from '~/api/record';
import { usePatch } from '~/api/records';
import { FieldInput } from '~/fields/input';
import { Value } from '~/fields/show';
import { complain, messageOf } from '~/ui/complain';
import { useNames } from '~/ui/names';
import { Compare } from './compare';
import { groupsOf } from './layout';

/** All fields of a record; each is edited in its place. */
export function FieldGroups({ def, row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const groups = useMemo(() => groupsOf(def), [def]);
  const [isAll, setAll] = useState(false);
  const isEmpty = (field: FieldDef) => {
    const value = valueAt(row, field.path);
    return value === null || value === undefined || value === '';
  };
  const isHidden = (field: FieldDef, group: string) => isEmpty(field) && (field.read_only || group === 'address');
  const hidden = groups.reduce(
    (sum, group) => sum + group.fields.filter((field) => isHidden(field, group.name)).length,
    0,
  );
  return (
    <Stack gap="sm">
      {groups.map((group) => {
        const shown = group.fields.filter((field) => isAll || !isHidden(field, group.name));
        if (shown.length === 0) return null;
        return (
          <Card key={group.name} withBorder padding="sm" component="section" aria-label={t(`group.${group.name}`)}>
            <Title order={2} size="h6" mb={6} c="dimmed">
              {t(`group.${group.name}`)}
            </Title>
            <Stack gap={2}>
              {shown.map((field) => (
                <OneField key={field.path} def={def} row={row} field={field} />
              ))}
            </Stack>
          </Card>
        );
      })}
      {hidden > 0 && (
        <Button size="compact-sm" variant="subtle" onClick={() => setAll((is) => !is)}>
          {isAll ? t('record.hide_empty') : t('record.show_empty', { count: hidden })}
        </Button>
      )}
    </Stack>
  );
}

function OneField({ def, row, field }: { def: ObjectDef; row: Row; field: FieldDef }) {
  const { t } = useTranslation();
  const names = useNames();
  const [isEditing, setEditing] = useState(false);
  const canEdit = may(def, 'update') && !field.read_only;
  if (isEditing) return <EditField def={def} row={row} field={field} onDone={() => setEditing(false)} />;
  const label = names.field(field);
  return (
    <Group wrap="nowrap" gap="xs" align="start" className="field-row">
      <Text size="sm" c="dimmed" w={130} style={{ flexShrink: 0 }} title={field.description}>
        {label}
      </Text>
      <div
        style={{
          flex: 1,
          minWidth: 0,
          overflowWrap: 'anywhere',
          fontSize: 14,
          whiteSpace: field.type === 'long_text' ? 'pre-wrap' : undefined,
        }}
      >
        <Value field={field} row={row} />
      </div>
      {canEdit && (
        <ActionIcon size="sm" onClick={() => setEditing(true)} aria-label={t('record.edit', { name: label })}>
          <Pencil size={13} />
        </ActionIcon>
      )}
    </Group>
  );
}

function EditField({ def, row, field, onDone }: { def: ObjectDef; row: Row; field: FieldDef; onDone: () => void }) {
  const { t } = useTranslation();
  // What was on the page when the editing began: the version that the change is made on.
  const [base] = useState(row);
  const [value, setValue] = useState<unknown>(valueAt(row, field.path) ?? null);
  const patch = usePatch(def);
  const problem = patch.error instanceof Problem ? patch.error : undefined;
  const faults = problem?.byField() ?? {};
  const save = (version?: number, other?: unknown) => {
    const next = other === undefined ? value : other;
    if (same(next, valueAt(base, field.path) ?? null) && version === undefined) {
      onDone();
      return;
    }
    patch.mutate({ row: base, patch: patchOf(field.path, next), version }, { onSuccess: onDone });
  };
  const error =
    problem && !problem.isMoved
      ? (faults[field.path] ?? problem.detail)
      : patch.error && !problem
        ? messageOf(patch.error)
        : undefined;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
      onKeyDown={(event) => event.key === 'Escape' && onDone()}
    >
      <FieldInput field={field} value={value} onChange={setValue} autoFocus error={error} />
      <Group gap="xs" my={6}>
        <Button size="compact-sm" type="submit" loading={patch.isPending}>
          {t('save')}
        </Button>
        <Button size="compact-sm" variant="default" onClick={onDone}>
          {t('cancel')}
        </Button>
      </Group>
      {problem?.isMoved && (
        <Compare
          def={def}
          base={base}
          mine={{ [field.path]: value }}
          onCancel={() => patch.reset()}
          onSave={(version, chosen) => {
            patch.reset();
            if (field.path in chosen) save(version, chosen[field.path] ?? null);
            else onDone();
          }}
          onFault={complain}
        />
      )}
    </form>
  );
}
