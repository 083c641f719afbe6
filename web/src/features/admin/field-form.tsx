import { ActionIcon, Checkbox, Group, Select, TagsInput, TextInput } from '@mantine/core';
import { X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useCatalog } from '~/api/catalog';
import { useNames } from '~/ui/names';

/** A field that is being declared. */
export interface NewField {
  key: number;
  label: string;
  type: string;
  object?: string;
  values: string[];
  required: boolean;
  unique: boolean;
  indexed: boolean;
  searched: boolean;
}

const TYPES = [
  'text',
  'long_text',
  'integer',
  'decimal',
  'money',
  'bool',
  'date',
  'datetime',
  'enum',
  'multi_enum',
  'email',
  'phone',
  'url',
  'currency',
  'country',
  'tags',
  'reference',
  'json',
  'address',
];
const SEARCHED = new Set(['text', 'long_text', 'email', 'phone', 'url']);

export function newField(key: number): NewField {
  return { key, label: '', type: 'text', values: [], required: false, unique: false, indexed: false, searched: false };
}

/** "Licence plate (old)" as `licence_plate_old`, the way names are written in the API. */
export function nameOf(label: string): string {
  const plain = label
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase();
  const name = plain
    .replace(/ß/g, 'ss')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[_0-9]+|_+$/g, '');
  return name.slice(0, 40);
}

export function toBody(field: NewField): Record<string, unknown> {
  const hasValues = field.type === 'enum' || field.type === 'multi_enum';
  const marks = (['required', 'unique', 'indexed', 'searched'] as const).filter((mark) => field[mark]);
  return {
    name: nameOf(field.label),
    label: field.label,
    type: field.type,
    object: field.type === 'reference' ? field.object : undefined,
    values: hasValues ? field.values : undefined,
    max: field.type === 'text' ? 255 : undefined,
    ...Object.fromEntries(marks.map((mark) => [mark, true])),
  };
}

/** Asks what a field is. */
export function FieldForm({
  value,
  onChange,
  onRemove,
}: {
  value: NewField;
  onChange: (value: NewField) => void;
  onRemove?: () => void;
}) {
  const { t } = useTranslation();
  const names = useNames();
  const catalog = useCatalog();
  const set = (change: Partial<NewField>) => onChange({ ...value, ...change });
  return (
    <Group align="end" gap="xs">
      <TextInput
        label={t('admin.label')}
        required
        withAsterisk={false}
        value={value.label}
        onChange={(event) => set({ label: event.currentTarget.value })}
        w={180}
      />
      <Select
        label={t('admin.type')}
        allowDeselect={false}
        searchable
        data={TYPES.map((type) => ({ value: type, label: t(`types.${type}`) }))}
        value={value.type}
        onChange={(type) => type && set({ type, searched: value.searched && SEARCHED.has(type) })}
        w={150}
      />
      {value.type === 'reference' && (
        <Select
          label={t('admin.refers')}
          searchable
          data={catalog.readable.map((def) => ({ value: def.name, label: names.one(def) }))}
          value={value.object ?? null}
          onChange={(object) => set({ object: object ?? undefined })}
          w={170}
        />
      )}
      {(value.type === 'enum' || value.type === 'multi_enum') && (
        <TagsInput label={t('admin.values')} value={value.values} onChange={(values) => set({ values })} w={240} />
      )}
      <Group gap="sm" mb={8}>
        {(['required', 'unique', 'indexed', 'searched'] as const)
          .filter((mark) => mark !== 'searched' || SEARCHED.has(value.type))
          .map((mark) => (
            <Checkbox
              key={mark}
              size="xs"
              label={t(`admin.mark.${mark}`)}
              checked={value[mark]}
              onChange={(event) => set({ [mark]: event.currentTarget.checked })}
            />
          ))}
      </Group>
      {onRemove && (
        <ActionIcon mb={6} onClick={onRemove} aria-label={t('remove')}>
          <X size={15} />
        </ActionIcon>
      )}
    </Group>
  );
}
