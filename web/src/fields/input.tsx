import { JsonInput, MultiSelect, NumberInput, Select, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import type { FieldDef } from '~/api/catalog';
import { useNames } from '~/ui/names';
import { countries, currencies } from './codes';
import { fromLocal, toLocal } from './moment';
import { ReferenceInput } from './reference';

export interface InputProps {
  field: FieldDef;
  value: unknown;
  onChange: (value: unknown) => void;
  error?: string;
  autoFocus?: boolean;
  /** Without its label, for cells; the name is still there for screen readers. */
  bare?: boolean;
}

/** The input of a field's type. What it gives is what the API takes; an emptied field is null. */
export function FieldInput({ field, value, onChange, error, autoFocus, bare }: InputProps) {
  const names = useNames();
  const label = names.field(field);
  const common = {
    label: bare ? undefined : label,
    'aria-label': bare ? label : undefined,
    description: bare ? undefined : field.description,
    error,
    required: field.required,
    withAsterisk: field.required,
    'data-autofocus': autoFocus || undefined,
    autoFocus,
  };
  const text = value === null || value === undefined ? '' : String(value);
  const say = (next: string) => onChange(next === '' ? null : next);
  switch (field.type) {
    case 'bool':
      return (
        <Switch
          {...common}
          required={false}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case 'long_text':
      return (
        <Textarea
          {...common}
          autosize
          minRows={bare ? 1 : 3}
          maxRows={14}
          value={text}
          onChange={(e) => say(e.currentTarget.value)}
        />
      );
    case 'integer':
      return (
        <NumberInput
          {...common}
          allowDecimal={false}
          min={field.min}
          max={field.max}
          value={text}
          onChange={(next) => onChange(next === '' || next === '-' ? null : Number(next))}
        />
      );
    case 'decimal':
    case 'money':
      // Kept as text all the way: a decimal is no float.
      return (
        <TextInput
          {...common}
          inputMode="decimal"
          value={text}
          onChange={(e) => say(e.currentTarget.value.replace(',', '.').trim())}
        />
      );
    case 'date':
      return <TextInput {...common} type="date" value={text} onChange={(e) => say(e.currentTarget.value)} />;
    case 'datetime':
      return (
        <TextInput
          {...common}
          type="datetime-local"
          value={text ? toLocal(text) : ''}
          onChange={(e) => onChange(e.currentTarget.value ? fromLocal(e.currentTarget.value) : null)}
        />
      );
    case 'enum':
      return (
        <Select
          {...common}
          data={(field.values ?? []).map((one) => ({ value: one, label: names.value(one) }))}
          value={text || null}
          onChange={onChange}
          clearable={!field.required}
          searchable={(field.values?.length ?? 0) > 8}
        />
      );
    case 'multi_enum':
      return (
        <MultiSelect
          {...common}
          data={(field.values ?? []).map((one) => ({ value: one, label: names.value(one) }))}
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={(next) => onChange(next.length ? next : null)}
        />
      );
    case 'tags':
      return (
        <TagsInput
          {...common}
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={(next) => onChange(next.length ? next : null)}
        />
      );
    case 'country':
      return (
        <Select
          {...common}
          searchable
          clearable={!field.required}
          data={countries()}
          value={text || null}
          onChange={onChange}
        />
      );
    case 'currency':
      return (
        <Select
          {...common}
          searchable
          clearable={!field.required}
          data={currencies()}
          value={text || null}
          onChange={onChange}
        />
      );
    case 'reference':
      return <ReferenceInput {...common} object={field.object ?? ''} value={text || null} onChange={onChange} />;
    case 'json':
      return <JsonField {...common} value={value} onChange={onChange} />;
    case 'email':
      return <TextInput {...common} type="email" value={text} onChange={(e) => say(e.currentTarget.value)} />;
    case 'url':
      return <TextInput {...common} type="url" value={text} onChange={(e) => say(e.currentTarget.value)} />;
    case 'phone':
    case 'mobile':
      return <TextInput {...common} type="tel" value={text} onChange={(e) => say(e.currentTarget.value)} />;
    default:
      return <TextInput {...common} maxLength={field.max} value={text} onChange={(e) => say(e.currentTarget.value)} />;
  }
}

function JsonField({
  value,
  onChange,
  ...common
}: {
  value: unknown;
  onChange: (value: unknown) => void;
  label?: string;
}) {
  const text =
    typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value, null, 2);
  return (
    <JsonInput
      {...common}
      autosize
      minRows={2}
      formatOnBlur
      validationError="JSON"
      value={text}
      onChange={(next) => onChange(parsed(next))}
    />
  );
}

/** What was typed as a value once it is JSON; until then the text itself, which the server would refuse. */
function parsed(text: string): unknown {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
