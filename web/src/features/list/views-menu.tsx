import { ActionIcon, Button, Group, Menu } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { Bookmark, Link2, Trash2 } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ObjectDef } from '~/api/catalog';
import { say } from '~/ui/complain';
import { forgetView, useSavedViews } from './saved';
import type { View } from './view';

const NameView = lazy(() => import('./name-view'));

/** A person's own views, and the link of the one that is shown. */
export function ViewsMenu({ def, view }: { def: ObjectDef; view: View }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const saved = useSavedViews(def.name);
  const [isNaming, setNaming] = useState(false);
  return (
    <>
      <Menu position="bottom-end" width={240} withinPortal>
        <Menu.Target>
          <Button size="xs" variant="default" leftSection={<Bookmark size={14} />}>
            {t('views.title')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            onClick={() => void navigate({ to: '/records/$plural', params: { plural: def.plural }, search: {} })}
          >
            {t('views.all')}
          </Menu.Item>
          {saved.map((one) => (
            <Group key={one.name} gap={0} wrap="nowrap">
              <Menu.Item
                style={{ flex: 1 }}
                onClick={() =>
                  void navigate({ to: '/records/$plural', params: { plural: def.plural }, search: one.view })
                }
              >
                {one.name}
              </Menu.Item>
              <ActionIcon
                aria-label={t('views.forget', { name: one.name })}
                onClick={() => forgetView(def.name, one.name)}
              >
                <Trash2 size={14} />
              </ActionIcon>
            </Group>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<Bookmark size={14} />} onClick={() => setNaming(true)}>
            {t('views.save')}
          </Menu.Item>
          <Menu.Item
            leftSection={<Link2 size={14} />}
            onClick={() => void navigator.clipboard.writeText(location.href).then(() => say(t('views.copied')))}
          >
            {t('views.copy')}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            onClick={() =>
              void navigate({
                to: '/records/$plural',
                params: { plural: def.plural },
                search: { ...view, bin: view.bin ? undefined : true },
              })
            }
          >
            {view.bin ? t('views.not_bin') : t('views.bin')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Suspense>{isNaming && <NameView def={def} view={view} onClose={() => setNaming(false)} />}</Suspense>
    </>
  );
}
