import {
  ActionIcon,
  Button,
  Checkbox,
  Group as Row,
  SegmentedControl,
  Select,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from '@mantine/core';
import { Plus, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { type Catalog, type FieldDef, fields, type ObjectDef, useCatalog } from '~/api/catalog';
import { relationOf } from '~/api/record';
import { FieldInput } from '~/fields/input';
import { useNames } from '~/ui/names';
import { type Condition, type Group, isGroup } from './filter';

/** Fields that can be asked for: the object's own, and those of its references one relation further. */
interface Choice {
  value: string;
  label: string;
  field: FieldDef;
}

function choicesOf(
  catalog: Catalog,
  def: ObjectDef,
  nameOf: (field: FieldDef) => string,
): { group: string; items: Choice[] }[] {
  const asked = (field: FieldDef) => field.type !== 'json' && field.operators.length > 0;
  const own = fields(def)
    .filter(asked)
    .map((field) => ({ value: field.path, label: nameOf(field), field }));
  const further = fields(def).flatMap((reference) => {
    const target = reference.type === 'reference' ? catalog.find(reference.object) : undefined;
    if (!target || reference.name === 'created_by' || reference.name === 'updated_by') return [];
    const relation = relationOf(reference);
    const items = fields(target)
      .filter(
        (field) =>
          asked(field) &&
          !['id', 'version', 'reference', 'any_reference'].includes(field.type) &&
          field.path !== 'id' &&
          field.path !== 'version',
      )
      .map((field) => ({
        value: `${relation}.${field.path}`,
        label: `${nameOf(reference)} › ${nameOf(field)}`,
        field,
      }));
    return items.length > 0 ? [{ group: nameOf(reference), items }] : [];
  });
  return [{ group: '', items: own }, ...further];
}

interface Props {
  def: ObjectDef;
  value: Group;
  onChange: (value: Group) => void;
  depth?: number;
}

/** Builds a filter: conditions joined by AND or OR, in groups. */
export default function FilterBuilder({ def, value, onChange, depth = 0 }: Props) {
  const { t } = useTranslation();
  const names = useNames();
  const choices = choicesOf(useCatalog(), def, names.field);
  const replace = (at: number, part: Condition | Group | null) =>
    onChange({ ...value, parts: value.parts.flatMap((one, i) => (i === at ? (part ? [part] : []) : [one])) });
  const first = choices[0]?.items[0];
  const fresh = (): Condition => ({ field: first?.value ?? 'id', op: first?.field.operators[0] ?? 'eq' });
  return (
    <Stack
      gap="xs"
      ps={depth > 0 ? 'sm' : 0}
      style={depth > 0 ? { borderInlineStart: '2px solid var(--line)' } : undefined}
    >
      {value.parts.length > 0 && (
        <Row gap="sm">
          {value.parts.length > 1 && (
            <SegmentedControl
              size="xs"
              w={180}
              aria-label={t('filter.join')}
              value={value.join}
              onChange={(join) => onChange({ ...value, join: join === 'or' ? 'or' : 'and' })}
              data={[
                { value: 'and', label: t('filter.and') },
                { value: 'or', label: t('filter.or') },
              ]}
            />
          )}
          <Checkbox
            size="xs"
            label={t('filter.not')}
            checked={value.not ?? false}
            onChange={(event) => onChange(event.currentTarget.checked ? { ...value, not: true } : without(value))}
          />
        </Row>
      )}
      {value.parts.map((part, at) =>
        isGroup(part) ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no name but their place
          <Row key={at} align="start" wrap="nowrap" gap={4}>
            <FilterBuilder def={def} value={part} depth={depth + 1} onChange={(next) => replace(at, next)} />
            <ActionIcon onClick={() => replace(at, null)} aria-label={t('filter.remove')}>
              <X size={15} />
            </ActionIcon>
          </Row>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no name but their place
          <OneCondition key={at} choices={choices} value={part} onChange={(next) => replace(at, next)} />
        ),
      )}
      {value.parts.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('filter.none')}
        </Text>
      )}
      <Row gap="xs">
        <Button
          size="compact-xs"
          variant="light"
          leftSection={<Plus size={13} />}
          onClick={() => onChange({ ...value, parts: [...value.parts, fresh()] })}
        >
          {t('filter.add')}
        </Button>
        {depth < 3 && (
          <Button
            size="compact-xs"
            variant="subtle"
            onClick={() =>
              onChange({
                ...value,
                parts: [...value.parts, { join: value.join === 'and' ? 'or' : 'and', parts: [fresh(), fresh()] }],
              })
            }
          >
            {t('filter.add_group')}
          </Button>
        )}
      </Row>
    </Stack>
  );
}

function without({ join, parts }: Group): Group {
  return { join, parts };
}

interface OneProps {
  choices: { group: string; items: Choice[] }[];
  value: Condition;
  onChange: (value: Condition | null) => void;
}

function OneCondition({ choices, value, onChange }: OneProps) {
  const { t } = useTranslation();
  const names = useNames();
  const chosen = choices.flatMap((one) => one.items).find((one) => one.value === value.field);
  return (
    <Row gap={4} wrap="wrap" align="center">
      <Select
        size="xs"
        w={200}
        searchable
        aria-label={t('filter.field')}
        allowDeselect={false}
        data={choices.map(({ group, items }) => ({
          group,
          items: items.map(({ value: path, label }) => ({ value: path, label })),
        }))}
        value={value.field}
        onChange={(path) => {
          const next = choices.flatMap((one) => one.items).find((one) => one.value === path);
          if (next)
            onChange({
              field: next.value,
              op: next.field.operators.includes(value.op) ? value.op : (next.field.operators[0] ?? 'eq'),
            });
        }}
        comboboxProps={{ withinPortal: false, width: 280, position: 'bottom-start' }}
      />
      <Select
        size="xs"
        w={130}
        aria-label={t('filter.op')}
        allowDeselect={false}
        data={(chosen?.field.operators ?? [value.op]).map((op) => ({ value: op, label: names.operator(op) }))}
        value={value.op}
        onChange={(op) => op && onChange({ field: value.field, op, value: undefined })}
        comboboxProps={{ withinPortal: false }}
      />
      <div style={{ width: 210 }}>{chosen && <Operand field={chosen.field} value={value} onChange={onChange} />}</div>
      <ActionIcon onClick={() => onChange(null)} aria-label={t('filter.remove')}>
        <X size={15} />
      </ActionIcon>
    </Row>
  );
}

function Operand({
  field,
  value,
  onChange,
}: {
  field: FieldDef;
  value: Condition;
  onChange: (value: Condition) => void;
}) {
  const { t } = useTranslation();
  const names = useNames();
  const set = (next: unknown) => onChange({ ...value, value: next });
  if (value.op === 'is_null') {
    return (
      <Select
        size="xs"
        aria-label={t('filter.value')}
        allowDeselect={false}
        data={[
          { value: 'true', label: t('filter.empty') },
          { value: 'false', label: t('filter.filled') },
        ]}
        value={value.value === false ? 'false' : 'true'}
        onChange={(next) => set(next !== 'false')}
        comboboxProps={{ withinPortal: false }}
      />
    );
  }
  if (value.op === 'between') {
    const pair = Array.isArray(value.value) ? value.value : [null, null];
    const type = field.type === 'date' ? 'date' : 'text';
    return (
      <Row gap={4} wrap="nowrap">
        {[0, 1].map((at) => (
          <TextInput
            key={at}
            size="xs"
            type={type}
            aria-label={at === 0 ? t('filter.from') : t('filter.to')}
            value={String(pair[at] ?? '')}
            onChange={(event) => set(pair.map((one, i) => (i === at ? typed(field, event.currentTarget.value) : one)))}
          />
        ))}
      </Row>
    );
  }
  if (value.op === 'in' || value.op === 'nin') {
    const many = Array.isArray(value.value) ? value.value.map(String) : [];
    if (field.values) {
      return <FieldInput bare field={{ ...field, type: 'multi_enum' }} value={many} onChange={set} />;
    }
    return (
      <TagsInput
        size="xs"
        aria-label={t('filter.value')}
        value={many}
        onChange={(next) => set(next.map((one) => typed(field, one)))}
      />
    );
  }
  // Lists compare by one of their members, texts by a part.
  const simple = ['contains', 'starts_with'].includes(value.op);
  const type = simple ? 'text' : field.type === 'long_text' ? 'text' : field.type;
  return (
    <FieldInput
      bare
      field={{ ...field, type, required: false, label: names.field(field) }}
      value={value.value}
      onChange={set}
    />
  );
}

function typed(field: FieldDef, text: string): unknown {
  return field.type === 'integer' && text !== '' && Number.isSafeInteger(Number(text)) ? Number(text) : text;
}
