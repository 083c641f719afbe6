import { createSpotlight, Spotlight } from '@mantine/spotlight';
import '@mantine/spotlight/styles.css';
import { useDebouncedValue } from '@mantine/hooks';
import { useQueries } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import {
  CalendarDays,
  ChartColumn,
  CodeXml,
  House,
  Import,
  Inbox,
  Plus,
  Search,
  ShieldCheck,
  UserRound,
  Zap,
} from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may, useCatalog } from '~/api/catalog';
import { ask } from '~/api/client';
import { manages, useMe } from '~/api/me';
import { type Row, titleOf } from '~/api/record';
import { useOffered } from '~/app/doings';
import { iconOf } from '~/app/nav';
import { onOpenPalette } from '~/app/palette-door';
import { places } from '~/app/places';
import { lookup } from '~/fields/reference';
import { useNames } from '~/ui/names';
import { useCommon } from './common';
import { rooms } from './rooms';

const QuickCreate = lazy(() => import('~/features/create/quick'));
const [store, palette] = createSpotlight();

/** Objects that are asked for records when somebody types: what people look for by name. */
const ASKED = ['company', 'contact', 'deal', 'lead', 'ticket'];
const MOST_OWN = 2;

interface Item {
  id: string;
  label: string;
  hint?: string;
  icon: React.ReactNode;
  run: () => void;
}

/** Ctrl-K: find anything, go anywhere, do anything by its name. */
export default function Palette() {
  const { t } = useTranslation();
  const names = useNames();
  const navigate = useNavigate();
  const catalog = useCatalog();
  const [text, setText] = useState('');
  const [words] = useDebouncedValue(text.trim(), 220);
  const [creating, setCreating] = useState<string | null>(null);
  useEffect(() => {
    // It is here because somebody asked for it.
    palette.open();
    return onOpenPalette(palette.open);
  }, []);

  const all = places(catalog).flatMap((place) => place.objects);
  const own = catalog.readable.filter((def) => def.custom).slice(0, MOST_OWN);
  const asked = [...ASKED.flatMap((name) => catalog.find(name) ?? []), ...own].filter((def) => may(def, 'read'));
  const found = useQueries({
    queries: asked.map((def) => ({
      queryKey: ['palette', def.name, words],
      queryFn: () => ask<Row[]>('POST', `/v1/${def.plural}/search`, { ...lookup(def, words), limit: 4 }),
      enabled: words.length > 1,
      staleTime: 30_000,
    })),
  });

  const me = useMe();
  const offered = useOffered();
  const common = useCommon();
  const go =
    (to: '/' | '/inbox' | '/calendar' | '/reports' | '/import' | '/developers' | '/admin' | '/profile') => () =>
      void navigate({ to });
  const pages: Item[] = [
    { id: 'home', label: t('nav.home'), icon: <House size={17} />, run: go('/') },
    { id: 'calendar', label: t('nav.calendar'), icon: <CalendarDays size={17} />, run: go('/calendar') },
    { id: 'inbox', label: t('nav.inbox'), icon: <Inbox size={17} />, run: go('/inbox') },
    { id: 'reports', label: t('nav.reports'), icon: <ChartColumn size={17} />, run: go('/reports') },
    { id: 'import', label: t('nav.import'), icon: <Import size={17} />, run: go('/import') },
    { id: 'developers', label: t('nav.developers'), icon: <CodeXml size={17} />, run: go('/developers') },
    ...(manages(me)
      ? [{ id: 'admin', label: t('nav.admin'), icon: <ShieldCheck size={17} />, run: go('/admin') }]
      : []),
    { id: 'profile', label: t('shell.profile'), icon: <UserRound size={17} />, run: go('/profile') },
    ...rooms(t, manages(me)).map((room) => ({
      id: `${room.to} ${room.at}`,
      label: room.label,
      hint: t(room.to === '/admin' ? 'nav.admin' : 'nav.developers'),
      icon: room.to === '/admin' ? <ShieldCheck size={17} /> : <CodeXml size={17} />,
      run: () =>
        room.to === '/admin'
          ? void navigate({ to: '/admin/$section', params: { section: room.at } })
          : void navigate({ to: '/developers', search: { tab: room.at } }),
    })),
    ...all.map((def) => {
      const Icon = iconOf(def.name);
      return {
        id: `list-${def.name}`,
        label: names.many(def),
        hint: t('palette.list'),
        icon: <Icon size={17} />,
        run: () => void navigate({ to: '/records/$plural', params: { plural: def.plural } }),
      };
    }),
  ];
  const making: Item[] = all
    .filter((def) => may(def, 'create'))
    .map((def) => ({
      id: `new-${def.name}`,
      label: t('create.title', { name: names.one(def) }),
      icon: <Plus size={17} />,
      run: () => setCreating(def.name),
    }));
  const here: Item[] = offered.map((doing) => ({ ...doing, icon: <Zap size={17} /> }));
  const records: Item[] = asked.flatMap((def, at) =>
    (found[at]?.data ?? []).map((row) => {
      const Icon = iconOf(def.name);
      return {
        id: row.id,
        label: titleOf(def, row),
        hint: names.one(def),
        icon: <Icon size={17} />,
        run: () => void navigate({ to: '/records/$plural/$id', params: { plural: def.plural, id: row.id } }),
      };
    }),
  );
  const match = (item: Item) =>
    words.split(/\s+/).every((word) => item.label.toLowerCase().includes(word.toLowerCase()));
  const groups: [string, Item[]][] = [
    [t('palette.records'), words.length > 1 ? records : []],
    [t('palette.pages'), pages.filter(match).slice(0, words ? 8 : 7)],
    [t('palette.here'), here.filter(match).slice(0, words ? 8 : 5)],
    [t('palette.actions'), [...making, ...common].filter(match).slice(0, words ? 8 : 5)],
  ];
  const isNone = groups.every(([, items]) => items.length === 0);
  return (
    <>
      <Spotlight.Root
        store={store}
        query={text}
        onQueryChange={setText}
        shortcut={null}
        scrollable
        maxHeight={460}
        clearQueryOnClose
      >
        <Spotlight.Search
          placeholder={t('palette.find')}
          aria-label={t('palette.find')}
          leftSection={<Search size={18} />}
        />
        <Spotlight.ActionsList>
          {groups
            .filter(([, items]) => items.length > 0)
            .map(([label, items]) => (
              <Spotlight.ActionsGroup key={label} label={label}>
                {items.map((item) => (
                  <Spotlight.Action
                    key={item.id}
                    label={item.label}
                    description={item.hint}
                    leftSection={item.icon}
                    onClick={item.run}
                  />
                ))}
              </Spotlight.ActionsGroup>
            ))}
          {isNone && <Spotlight.Empty>{t('palette.none')}</Spotlight.Empty>}
        </Spotlight.ActionsList>
      </Spotlight.Root>
      <Suspense>{creating && <QuickCreate object={creating} onClose={() => setCreating(null)} />}</Suspense>
    </>
  );
}
