import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { fields, type ObjectDef, useCatalog } from '~/api/catalog';
import { ask } from '~/api/client';
import { useTitle } from '~/api/labels';
import { type Row, titleOf } from '~/api/record';

interface Props {
  object: string;
  value: string | null;
  onChange: (value: string | null) => void;
  label?: string;
  description?: string;
  error?: string;
  required?: boolean;
  autoFocus?: boolean;
  readOnly?: boolean;
  'aria-label'?: string;
  /** More that the records must fulfil. */
  only?: object;
}

/** The question for records whose name has these words. */
export function lookup(def: ObjectDef, text: string, only?: object) {
  const searched = fields(def).some((field) => field.searched);
  const words = text.trim();
  const named = words && !searched ? { field: def.name_field, op: 'contains', value: words } : undefined;
  const parts = [only, named].filter((part) => part !== undefined);
  return {
    q: words && searched ? words : undefined,
    filter: parts.length > 1 ? { and: parts } : parts[0],
    fields: def.name_field === 'id' ? undefined : [def.name_field],
    limit: 20,
  };
}

/** Chooses a record by its name. */
export function ReferenceInput({ object, value, onChange, only, ...input }: Props) {
  const def = useCatalog().find(object);
  const title = useTitle(object, value);
  const [text, setText] = useState('');
  const [isOpen, setOpen] = useState(false);
  const [words] = useDebouncedValue(text, 180);
  const shown = value ? (title.data ?? `#${value.slice(-6)}`) : '';
  const wanted = words === shown ? '' : words;
  const found = useQuery({
    queryKey: ['lookup', object, wanted, only],
    queryFn: () => (def ? ask<Row[]>('POST', `/v1/${def.plural}/search`, lookup(def, wanted, only)) : []),
    enabled: def !== undefined && isOpen,
    placeholderData: keepPreviousData,
  });
  const options = (found.data ?? []).map((row) => ({ value: row.id, label: titleOf(def, row) }));
  if (value && !options.some((one) => one.value === value)) options.unshift({ value, label: shown });
  return (
    <Select
      {...input}
      data={options}
      value={value}
      onChange={onChange}
      searchable
      clearable={!input.required}
      searchValue={text}
      onSearchChange={setText}
      onDropdownOpen={() => setOpen(true)}
      filter={({ options: all }) => all}
      nothingFoundMessage={found.isFetching ? '…' : '∅'}
      comboboxProps={{ withinPortal: true }}
      maxDropdownHeight={260}
    />
  );
}
