import { Button, Menu } from '@mantine/core';
import { Bookmark } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ObjectDef, useCatalog } from '~/api/catalog';
import { LoadingPage } from '~/app/pages';
import { type Definition, keepsViews, type ViewKind } from './views';

const Items = lazy(() => import('./views-items'));
const NameView = lazy(() => import('./name-view'));

export interface ViewsProps {
  def: ObjectDef;
  kind: ViewKind;
  /** The saved view that is shown. */
  saved?: string;
  /** What is kept of what is shown, with the widths of its columns. */
  definition: (widths: Record<string, number>) => Definition;
  /** Whether the bin is shown; lists only. */
  bin?: boolean;
  onBin?: () => void;
}

/** Views of an object that have a name, and the link of the one that is shown. */
export function ViewsMenu(props: ViewsProps) {
  const { t } = useTranslation();
  const keeps = keepsViews(useCatalog());
  const [isNaming, setNaming] = useState(false);
  return (
    <>
      <Menu position="bottom-end" width={280} withinPortal>
        <Menu.Target>
          <Button
            size="xs"
            variant="default"
            className="tool"
            aria-label={t('views.title')}
            leftSection={<Bookmark size={14} />}
          >
            {t('views.title')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown mah="70vh" style={{ overflowY: 'auto' }}>
          <Suspense fallback={<LoadingPage />}>
            <Items {...props} keeps={keeps} onSave={() => setNaming(true)} />
          </Suspense>
        </Menu.Dropdown>
      </Menu>
      <Suspense>{isNaming && <NameView {...props} onClose={() => setNaming(false)} />}</Suspense>
    </>
  );
}
