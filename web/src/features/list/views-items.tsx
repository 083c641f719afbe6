import { ActionIcon, Group, Menu } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Bookmark, CalendarDays, Kanban, Link2, Save, Star, StarOff, Table2, Trash2, Users } from 'lucide-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { may, useCatalog } from '~/api/catalog';
import { ask } from '~/api/client';
import { manages, useMe } from '~/api/me';
import { complain, say } from '~/ui/complain';
import { useOpen } from './open';
import { useWidths } from './saved';
import { ALL, defaultsQuery, moveOver, type SavedView, viewsQuery } from './views';
import type { ViewsProps } from './views-menu';

interface Props extends ViewsProps {
  /** Whether the server keeps views. */
  keeps: boolean;
  onSave: () => void;
}

const KINDS = { list: Table2, board: Kanban, calendar: CalendarDays };

/** Own views, those of colleagues, and what can be done with the one that is shown. */
export default function ViewsItems({ def, kind, saved, definition, bin, onBin, keeps, onSave }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const me = useMe();
  const object = useCatalog().find('saved_view');
  const widths = useWidths(def.name);
  const { data } = useQuery({ ...viewsQuery(def.name), enabled: keeps });
  const defaults = useQuery({ ...defaultsQuery, enabled: keeps });
  useEffect(() => {
    if (data) moveOver(client, def, data).catch(complain);
  }, [client, def, data]);
  const chosen = defaults.data?.find((one) => one.target_object === def.name);
  const asked = () => {
    for (const name of ['saved_view', 'default_view']) void client.invalidateQueries({ queryKey: ['related', name] });
  };
  const forget = useMutation({
    mutationFn: (one: SavedView) => ask('DELETE', `/v1/saved_views/${one.id}`),
    onSuccess: asked,
  });
  const update = useMutation({
    mutationFn: (one: SavedView) => ask('PATCH', `/v1/saved_views/${one.id}`, { definition: definition(widths) }),
    onSuccess: () => {
      asked();
      say(t('views.updated'));
    },
  });
  const choose = useMutation({
    mutationFn: (one: SavedView) =>
      chosen?.saved_view_id === one.id
        ? ask('DELETE', `/v1/default_views/${chosen.id}`)
        : ask('POST', `/v1/saved_views/${one.id}/set_default`, {}),
    onSuccess: asked,
  });
  const own = data?.filter((one) => one.owner_id === me.user?.id) ?? [];
  const others = data?.filter((one) => one.owner_id !== me.user?.id) ?? [];
  const shown = data?.find((one) => one.id === saved);
  const owns = (one: SavedView) => one.owner_id === me.user?.id || manages(me);
  const open = useOpen(def);
  const everything = () =>
    void navigate({
      to: '/records/$plural',
      params: { plural: def.plural },
      search: () => (chosen ? { saved: ALL } : {}),
    });
  const link = shown ? `${location.origin}/app/records/${def.plural}?saved="${shown.id}"` : location.href;

  const item = (one: SavedView) => {
    const isChosen = chosen?.saved_view_id === one.id;
    const Kind = KINDS[one.kind] ?? Table2;
    return (
      <Group key={one.id} gap={0} wrap="nowrap">
        <Menu.Item
          style={{ flex: 1, minWidth: 0 }}
          aria-current={one.id === saved || undefined}
          leftSection={<Kind size={14} aria-hidden />}
          rightSection={one.shared ? <Users size={14} aria-label={t('views.shared')} /> : undefined}
          onClick={() => open(one)}
        >
          {one.name}
        </Menu.Item>
        <ActionIcon
          aria-label={t(isChosen ? 'views.no_default' : 'views.default', { name: one.name })}
          aria-pressed={isChosen}
          onClick={() => choose.mutate(one)}
        >
          {isChosen ? <StarOff size={14} /> : <Star size={14} />}
        </ActionIcon>
        {owns(one) && may(object, 'delete') && (
          <ActionIcon aria-label={t('views.forget', { name: one.name })} onClick={() => forget.mutate(one)}>
            <Trash2 size={14} />
          </ActionIcon>
        )}
      </Group>
    );
  };
  return (
    <>
      <Menu.Item onClick={everything}>{t('views.all')}</Menu.Item>
      {own.length > 0 && <Menu.Label>{t('views.own')}</Menu.Label>}
      {own.map(item)}
      {others.length > 0 && <Menu.Label>{t('views.others')}</Menu.Label>}
      {others.map(item)}
      <Menu.Divider />
      {shown && shown.kind === kind && owns(shown) && may(object, 'update') && (
        <Menu.Item leftSection={<Save size={14} />} onClick={() => update.mutate(shown)}>
          {t('views.update', { name: shown.name })}
        </Menu.Item>
      )}
      {keeps && may(object, 'create') && (
        <Menu.Item leftSection={<Bookmark size={14} />} onClick={onSave}>
          {t('views.save')}
        </Menu.Item>
      )}
      <Menu.Item
        leftSection={<Link2 size={14} />}
        onClick={() => void navigator.clipboard.writeText(link).then(() => say(t('views.copied')))}
      >
        {t('views.copy')}
      </Menu.Item>
      {onBin && (
        <>
          <Menu.Divider />
          <Menu.Item onClick={onBin}>{bin ? t('views.not_bin') : t('views.bin')}</Menu.Item>
        </>
      )}
    </>
  );
}
