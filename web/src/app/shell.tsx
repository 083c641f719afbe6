import { ActionIcon, Box, Burger, Button, Group, Menu, Text, Tooltip, useMantineColorScheme } from '@mantine/core';
import { useDisclosure, useHotkeys, useNetwork } from '@mantine/hooks';
import { useSuspenseQuery } from '@tanstack/react-query';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { Braces, LogOut, Moon, Plus, Search, Settings, Sun, UserRound } from 'lucide-react';
import { lazy, Suspense, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { CatalogContext, catalogQuery } from '~/api/catalog';
import { onAway, onSessionEnd, serverIsAway } from '~/api/client';
import { useMe } from '~/api/me';
import { onSlow, serverIsSlow } from '~/api/slow';
import { SandboxBar } from '~/session/sandbox';
import { SeeingBar } from '~/session/seeing';
import { signIn, signOut } from '~/session/tokens';
import { NamesContext, namesOf } from '~/ui/names';
import { useOffer } from './doings';
import { Live } from './live';
import { Nav } from './nav';
import { LoadingPage } from './pages';
import { onOpenPalette, openPalette } from './palette-door';

const MenuDrawer = lazy(() => import('./menu-drawer'));
const InboxBell = lazy(() => import('~/features/inbox/bell'));
const Palette = lazy(() => import('~/features/palette/palette'));
const CurlDrawer = lazy(() => import('~/features/developers/curl'));
const Spaces = lazy(() => import('~/session/spaces'));
const QuickCreate = lazy(() => import('~/features/create/quick'));

/** What every page looks into: the catalog, and what things are called. */
export function Shell() {
  const { t } = useTranslation();
  const catalog = useSuspenseQuery(catalogQuery).data;
  const names = useMemo(() => namesOf(t), [t]);
  return (
    <CatalogContext value={catalog}>
      <NamesContext value={names}>
        <Around />
      </NamesContext>
    </CatalogContext>
  );
}

/** What stands around every page. */
function Around() {
  const { t } = useTranslation();
  const me = useMe();
  const [isOpen, { toggle, close }] = useDisclosure();
  const [isCurl, curl] = useDisclosure();
  const [isCreating, create] = useDisclosure();
  const [isPalette, setPalette] = useState(false);
  useEffect(() => onOpenPalette(() => setPalette(true)), []);
  const path = useRouterState({ select: (state) => state.location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes when the page changes
  useEffect(close, [path]);
  useOffer([{ id: 'curl', label: t('shell.curl'), run: curl.open }]);
  useHotkeys([
    ['/', openPalette],
    ['c', () => !me.read_only && create.open()],
  ]);
  // These are no letters: they are meant also where something is being typed.
  useHotkeys(
    [
      ['mod+K', openPalette],
      ['mod+J', curl.toggle],
    ],
    [],
  );
  return (
    <>
      <a className="skip" href="#page">
        {t('shell.skip')}
      </a>
      <div className="shell">
        <header className="shell-head">
          <Bars />
          <Group h={48} px="sm" gap="xs" wrap="nowrap" justify="space-between">
            <Group gap="xs" wrap="nowrap">
              <Burger opened={isOpen} onClick={toggle} hiddenFrom="md" size="sm" aria-label={t('shell.menu')} />
              <Text component={Link} to="/" fw={750} fz="lg" style={{ textDecoration: 'none' }} c="inherit">
                Kontor
              </Text>
              <Space />
            </Group>
            <Button
              variant="default"
              size="xs"
              leftSection={<Search size={15} />}
              rightSection={
                <Text size="xs" c="dimmed" visibleFrom="sm">
                  Ctrl K
                </Text>
              }
              onClick={openPalette}
              style={{ flexShrink: 1, maxWidth: 380, flexGrow: 1, minWidth: 0 }}
              justify="space-between"
            >
              <Text span inherit visibleFrom="sm">
                {t('shell.find')}
              </Text>
              <Text span inherit hiddenFrom="sm">
                {t('list.search')}
              </Text>
            </Button>
            <Group gap={4} wrap="nowrap">
              {!me.read_only && (
                <>
                  <Button size="xs" leftSection={<Plus size={15} />} onClick={create.open} visibleFrom="sm">
                    {t('shell.create')}
                  </Button>
                  <ActionIcon
                    hiddenFrom="sm"
                    variant="filled"
                    color="ink"
                    onClick={create.open}
                    aria-label={t('shell.create')}
                  >
                    <Plus size={16} />
                  </ActionIcon>
                </>
              )}
              <Tooltip label={t('shell.curl')}>
                <ActionIcon onClick={curl.open} aria-label={t('shell.curl')} visibleFrom="sm">
                  <Braces size={17} />
                </ActionIcon>
              </Tooltip>
              <Suspense>
                <InboxBell />
              </Suspense>
              <Person />
            </Group>
          </Group>
        </header>
        <Box className="shell-nav" visibleFrom="md">
          <Nav />
        </Box>
        <Suspense>{isOpen && <MenuDrawer onClose={close} />}</Suspense>
        <main id="page" className="shell-page" tabIndex={-1}>
          <Suspense fallback={<LoadingPage />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      <Live />
      <Suspense>
        {isPalette && <Palette />}
        {isCurl && <CurlDrawer onClose={curl.close} />}
        {isCreating && <QuickCreate onClose={create.close} />}
      </Suspense>
    </>
  );
}

/** What is not as usual: a sandbox, no network, an ended session. */
function Bars() {
  const { t } = useTranslation();
  const { online } = useNetwork();
  const isAway = useSyncExternalStore(onAway, serverIsAway);
  const isSlow = useSyncExternalStore(onSlow, serverIsSlow);
  const [isEnded, setEnded] = useState(false);
  useEffect(() => onSessionEnd(() => setEnded(true)), []);
  return (
    <>
      <SandboxBar />
      <SeeingBar />
      {!online && (
        <div className="offline-bar" role="status">
          {t('shell.offline')}
        </div>
      )}
      {online && !isAway && isSlow && (
        <div className="slow-bar" role="status">
          {t('shell.slow')}
        </div>
      )}
      {online && isAway && (
        <div className="offline-bar" role="status">
          {t('shell.away')}
        </div>
      )}
      {isEnded && (
        <div className="offline-bar" role="alert">
          {t('session.ended')}{' '}
          <button
            type="button"
            className="link"
            style={{ color: '#fff' }}
            onClick={() => void signIn(location.pathname + location.search)}
          >
            {t('session.in_again')}
          </button>
        </div>
      )}
    </>
  );
}

function Space() {
  const me = useMe();
  return (
    <Text size="xs" c="dimmed" visibleFrom="sm" truncate maw={160}>
      {me.space.name ?? me.space.kind}
    </Text>
  );
}

function Person() {
  const { t } = useTranslation();
  const me = useMe();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const isDark = colorScheme === 'dark';
  return (
    <Menu position="bottom-end" width={220} withinPortal>
      <Menu.Target>
        <ActionIcon
          variant="light"
          color="ink"
          radius="xl"
          aria-label={t('shell.person', { name: me.user?.name ?? '' })}
        >
          <UserRound size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {me.user?.name} · {me.role}
        </Menu.Label>
        <Menu.Item leftSection={<Settings size={15} />} renderRoot={(props) => <Link to="/profile" {...props} />}>
          {t('shell.profile')}
        </Menu.Item>
        <Menu.Item
          leftSection={isDark ? <Sun size={15} /> : <Moon size={15} />}
          onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
        >
          {isDark ? t('shell.light') : t('shell.dark')}
        </Menu.Item>
        <Suspense>
          <Spaces />
        </Suspense>
        <Menu.Divider />
        <Menu.Item leftSection={<LogOut size={15} />} onClick={() => void signOut()}>
          {t('shell.sign_out')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
