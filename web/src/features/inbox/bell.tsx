import { ActionIcon, Indicator, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Bell } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { may, useCatalog } from '~/api/catalog';
import { useMe } from '~/api/me';
import { number } from '~/ui/format';
import { unreadQuery } from './data';

/** How many unread news there are, and the way to them. */
export default function InboxBell() {
  const { t } = useTranslation();
  const me = useMe();
  const user = me.user?.id;
  const isOpen = may(useCatalog().find('notification'), 'read') && user !== undefined;
  const unread = useQuery({ ...unreadQuery(user ?? '0'), enabled: isOpen }).data ?? 0;
  if (!isOpen) return null;
  const label = unread > 0 ? t('inbox.unread', { count: unread }) : t('nav.inbox');
  return (
    <Tooltip label={label}>
      <Indicator
        label={unread > 99 ? '99+' : number(String(unread))}
        size={16}
        disabled={unread === 0}
        color="red.8"
        offset={5}
        zIndex={1}
      >
        <ActionIcon aria-label={label} renderRoot={(props) => <Link to="/inbox" {...props} />}>
          <Bell size={17} />
        </ActionIcon>
      </Indicator>
    </Tooltip>
  );
}
