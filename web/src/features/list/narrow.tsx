import { Button, Popover, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { Filter as FilterIcon, Search } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ObjectDef } from '~/api/catalog';
import { LoadingPage } from '~/app/pages';
import { countOf, type Group } from './filter';

const FilterBuilder = lazy(() => import('./filters'));

interface Narrowed {
  q?: string;
  filter?: Group;
}

interface Props extends Narrowed {
  def: ObjectDef;
  onChange: (change: Narrowed) => void;
}

/** Which records are shown: the search and the conditions of a list, a board or a calendar. */
export function Narrow({ def, q, filter, onChange }: Props) {
  return (
    <>
      {(q || def.fields.some((field) => field.searched)) && (
        <SearchBox key={q ?? ''} value={q} onChange={(next) => onChange({ q: next })} />
      )}
      <FilterMenu def={def} value={filter} onChange={(next) => onChange({ filter: next })} />
    </>
  );
}

function SearchBox({ value, onChange }: { value?: string; onChange: (value: string | undefined) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(value ?? '');
  const later = useDebouncedCallback((next: string) => onChange(next.trim() || undefined), 250);
  useEffect(() => later.cancel, [later]);
  return (
    <TextInput
      size="xs"
      w={180}
      type="search"
      leftSection={<Search size={14} />}
      placeholder={t('list.search')}
      aria-label={t('list.search')}
      autoFocus={Boolean(value)}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        later(event.currentTarget.value);
      }}
    />
  );
}

interface FilterProps {
  def: ObjectDef;
  value?: Group;
  onChange: (filter: Group | undefined) => void;
}

function FilterMenu({ def, value, onChange }: FilterProps) {
  const { t } = useTranslation();
  const count = countOf(value);
  return (
    <Popover position="bottom-start" width={640} withinPortal trapFocus shadow="md">
      <Popover.Target>
        <Button size="xs" variant={count > 0 ? 'light' : 'default'} leftSection={<FilterIcon size={14} />}>
          {count > 0 ? t('filter.some', { count }) : t('filter.title')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw="calc(100vw - 16px)">
        <div style={{ maxHeight: '60vh', overflow: 'auto' }}>
          <Suspense fallback={<LoadingPage />}>
            <FilterBuilder def={def} value={value ?? { join: 'and', parts: [] }} onChange={onChange} />
          </Suspense>
        </div>
        {count > 0 && (
          <Button size="compact-xs" mt="xs" variant="subtle" color="gray" onClick={() => onChange(undefined)}>
            {t('filter.clear')}
          </Button>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
