import { NavLink, Text } from '@mantine/core';
import { Link, useRouterState } from '@tanstack/react-router';
import {
  BadgeEuro,
  Boxes,
  Building2,
  CalendarDays,
  ChartColumn,
  CheckSquare,
  CodeXml,
  Contact,
  FileText,
  Handshake,
  House,
  Import,
  Inbox,
  LifeBuoy,
  type LucideIcon,
  Mail,
  Megaphone,
  Package,
  Phone,
  ReceiptText,
  ShieldCheck,
  ShoppingCart,
  StickyNote,
  Target,
  Undo2,
  UserRoundCheck,
  Users,
  Wallet,
  Workflow,
} from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may, useCatalog } from '~/api/catalog';
import { manages, useMe } from '~/api/me';
import { useNames } from '~/ui/names';
import { places } from './places';

const ICONS: Record<string, LucideIcon> = {
  lead: Target,
  company: Building2,
  contact: Contact,
  customer: UserRoundCheck,
  deal: Handshake,
  product: Package,
  quote: FileText,
  order: ShoppingCart,
  invoice: ReceiptText,
  payment: Wallet,
  credit_note: Undo2,
  ticket: LifeBuoy,
  campaign: Megaphone,
  segment: Users,
  template: FileText,
  sequence: Mail,
  form: FileText,
  task: CheckSquare,
  call: Phone,
  meeting: CalendarDays,
  note: StickyNote,
  email: Mail,
  tax_rate: BadgeEuro,
  workflow: Workflow,
  workflow_run: Workflow,
};

export function iconOf(object: string): LucideIcon {
  return ICONS[object] ?? Boxes;
}

/** The menu: rooms of the trade first, then what the space has made itself. */
export function Nav() {
  const { t } = useTranslation();
  const names = useNames();
  const me = useMe();
  const catalog = useCatalog();
  const all = places(catalog);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const [isMore, setMore] = useState(false);
  return (
    <nav className="menu" aria-label={t('shell.menu')}>
      <Item to="/" icon={House} label={t('nav.home')} active={path === '/'} />
      <Item to="/calendar" icon={CalendarDays} label={t('nav.calendar')} active={path.startsWith('/calendar')} />
      {may(catalog.find('notification'), 'read') && (
        <Item to="/inbox" icon={Inbox} label={t('nav.inbox')} active={path.startsWith('/inbox')} />
      )}
      {all
        .filter((place) => place.group !== 'more' && place.group !== 'activities')
        .map((place) => (
          <section key={place.group} aria-label={t(`nav.${place.group}`)}>
            <Heading>{t(`nav.${place.group}`)}</Heading>
            {place.objects.map((def) => (
              <ObjectItem key={def.name} plural={def.plural} object={def.name} label={names.many(def)} path={path} />
            ))}
          </section>
        ))}
      <Heading>{t('nav.workspace')}</Heading>
      <Item
        to="/reports"
        icon={ChartColumn}
        label={t('nav.reports')}
        active={path.startsWith('/reports') || path.startsWith('/dashboards')}
      />
      <Item to="/import" icon={Import} label={t('nav.import')} active={path.startsWith('/import')} />
      <Item to="/developers" icon={CodeXml} label={t('nav.developers')} active={path.startsWith('/developers')} />
      {manages(me) && <Item to="/admin" icon={ShieldCheck} label={t('nav.admin')} active={path.startsWith('/admin')} />}
      <NavLink
        label={t('nav.more')}
        leftSection={<Boxes size={17} aria-hidden />}
        opened={isMore}
        onChange={setMore}
        component="button"
        styles={{ root: { borderRadius: 6, paddingBlock: 3 } }}
      >
        {all
          .filter((place) => place.group === 'more' || place.group === 'activities')
          .flatMap((place) => place.objects)
          .map((def) => (
            <ObjectItem key={def.name} plural={def.plural} object={def.name} label={names.many(def)} path={path} />
          ))}
      </NavLink>
    </nav>
  );
}

function Heading({ children }: { children: React.ReactNode }) {
  return (
    <Text size="xs" c="dimmed" fw={650} mt="sm" mb={2} px={12} aria-hidden>
      {children}
    </Text>
  );
}

const ITEM = { root: { borderRadius: 6, paddingBlock: 3 } };

function Item({
  to,
  icon: Icon,
  label,
  active,
}: {
  to: '/' | '/inbox' | '/calendar' | '/reports' | '/import' | '/developers' | '/admin';
  icon: LucideIcon;
  label: string;
  active: boolean;
}) {
  return (
    <NavLink
      label={label}
      leftSection={<Icon size={17} aria-hidden />}
      active={active}
      aria-current={active ? 'page' : undefined}
      styles={ITEM}
      renderRoot={(props) => <Link to={to} {...props} />}
    />
  );
}

function ObjectItem({ plural, object, label, path }: { plural: string; object: string; label: string; path: string }) {
  const Icon = iconOf(object);
  const isHere = path === `/records/${plural}` || path.startsWith(`/records/${plural}/`);
  return (
    <NavLink
      label={label}
      leftSection={<Icon size={17} aria-hidden />}
      active={isHere}
      aria-current={isHere ? 'page' : undefined}
      styles={ITEM}
      renderRoot={(props) => <Link to="/records/$plural" params={{ plural }} {...props} />}
    />
  );
}
