import { ActionIcon, Button, Group, Menu } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { Copy, EllipsisVertical, Link2, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ActionDef, may, type ObjectDef } from '~/api/catalog';
import { ask, download } from '~/api/client';
import { type Row, titleOf } from '~/api/record';
import { useDelete, useRefresh } from '~/api/records';
import { type Doing, useOffer } from '~/app/doings';
import { complain, say } from '~/ui/complain';
import { useNames } from '~/ui/names';
import { ActionDialog } from './action-dialog';
import { fits, isElsewhere, isFirst } from './fits';

/** What can be done to the record: its object's actions, its files, deleting it. */
export function Actions({ def, row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const names = useNames();
  const navigate = useNavigate();
  const [asking, setAsking] = useState<ActionDef | null>(null);
  const remove = useDelete(def);
  const again = useRefresh(def);
  const offered = may(def, 'update')
    ? def.actions.filter((action) => !isElsewhere(def.name, action.name) && fits(def.name, action.name, row))
    : [];
  const first = offered.filter((action) => isFirst(def.name, action.name)).slice(0, 2);
  const others = offered.filter((action) => !first.includes(action));
  const files = def.views.filter((view) => view.media?.some((media) => media !== 'application/json'));
  const takeAway = () =>
    remove.mutate(row.id, {
      onSuccess: () => {
        const bring = () =>
          void ask('POST', `/v1/${def.plural}/${row.id}/restore`, {}).then(() => again(row.id), complain);
        say(t('record.deleted'), { label: t('bulk.undo'), run: bring });
        void navigate({ to: '/records/$plural', params: { plural: def.plural } });
      },
    });
  const copy = (text: string, said: string) => void navigator.clipboard.writeText(text).then(() => say(said));
  const doings: Doing[] = [
    ...offered.map((action) => ({
      id: `do-${action.name}`,
      label: `${names.action(action.name)}: ${titleOf(def, row)}`,
      run: () => setAsking(action),
    })),
    { id: 'copy-link', label: t('views.copy'), run: () => copy(location.href, t('views.copied')) },
    { id: 'copy-id', label: t('record.copy_id'), run: () => copy(row.id, t('copied')) },
    ...(may(def, 'delete') ? [{ id: 'delete', label: `${t('delete')}: ${titleOf(def, row)}`, run: takeAway }] : []),
  ];
  useOffer(doings);
  return (
    <Group gap="xs">
      {first.map((action, at) => (
        <Button key={action.name} size="xs" variant={at === 0 ? 'filled' : 'default'} onClick={() => setAsking(action)}>
          {names.action(action.name)}
        </Button>
      ))}
      {files.flatMap((view) =>
        (view.media ?? [])
          .filter((media) => media !== 'application/json')
          .map((media) => (
            <Button
              key={`${view.name} ${media}`}
              size="xs"
              variant="default"
              onClick={() =>
                void download(
                  `/v1/${def.plural}/${row.id}/${view.name}`,
                  `${def.name}-${row.id}.${endingOf(media)}`,
                  media,
                ).catch(complain)
              }
            >
              {labelOf(view.name === endingOf(media) ? '' : names.action(view.name), media)}
            </Button>
          )),
      )}
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label={t('record.more')}>
            <EllipsisVertical size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {others.map((action) => (
            <Menu.Item key={action.name} onClick={() => setAsking(action)}>
              {names.action(action.name)}
            </Menu.Item>
          ))}
          {others.length > 0 && <Menu.Divider />}
          <Menu.Item leftSection={<Link2 size={14} />} onClick={() => copy(location.href, t('views.copied'))}>
            {t('views.copy')}
          </Menu.Item>
          <Menu.Item leftSection={<Copy size={14} />} onClick={() => copy(row.id, t('copied'))}>
            {t('record.copy_id')}
          </Menu.Item>
          {may(def, 'delete') && (
            <Menu.Item color="red" leftSection={<Trash2 size={14} />} onClick={takeAway}>
              {t('delete')}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {asking && <ActionDialog def={def} row={row} action={asking} onClose={() => setAsking(null)} />}
    </Group>
  );
}

/** `PDF`; with the view's name where it is another. */
function labelOf(name: string, media: string): string {
  return `${name} ${endingOf(media).toUpperCase()}`.trim();
}

function endingOf(media: string): string {
  const known: Record<string, string> = {
    'application/pdf': 'pdf',
    'text/csv': 'csv',
    'image/svg+xml': 'svg',
    'application/xml': 'xml',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  };
  return known[media] ?? media.split('/')[1] ?? 'bin';
}
