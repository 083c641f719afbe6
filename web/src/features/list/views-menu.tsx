import { Button, Menu } from '@mantine/core';
import { Bookmark } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type FieldDef, type ObjectDef, useCatalog } from '~/api/catalog';
import { LoadingPage } from '~/app/pages';
import type { View } from './view';
import { keepsViews } from './views';

const Items = lazy(() => import('./views-items'));
const NameView = lazy(() => import('./name-view'));

interface Props {
  def: ObjectDef;
  view: View;
  columns: FieldDef[];
}

/** Views of a list that have a name, and the link of the one that is shown. */
export function ViewsMenu({ def, view, columns }: Props) {
  const { t } = useTranslation();
  const keeps = keepsViews(useCatalog());
  const [isNaming, setNaming] = useState(false);
  return (
    <>
      <Menu position="bottom-end" width={280} withinPortal>
        <Menu.Target>
          <Button size="xs" variant="default" leftSection={<Bookmark size={14} />}>
            {t('views.title')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown mah="70vh" style={{ overflowY: 'auto' }}>
          <Suspense fallback={<LoadingPage />}>
            <Items def={def} view={view} columns={columns} keeps={keeps} onSave={() => setNaming(true)} />
          </Suspense>
        </Menu.Dropdown>
      </Menu>
      <Suspense>
        {isNaming && <NameView def={def} view={view} columns={columns} onClose={() => setNaming(false)} />}
      </Suspense>
    </>
  );
}
