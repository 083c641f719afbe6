import { ActionIcon, Button, Group, Title, Tooltip } from '@mantine/core';
import { Download, Plus, RotateCw } from 'lucide-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { type FieldDef, may, type ObjectDef } from '~/api/catalog';
import { useNames } from '~/ui/names';
import { ColumnsMenu } from './columns';
import { Layouts } from './layouts';
import { Narrow } from './narrow';
import type { View } from './view';
import { definitionOf } from './views';
import { ViewsMenu } from './views-menu';

interface Props {
  def: ObjectDef;
  view: View;
  columns: FieldDef[];
  /** Whether rows are asked for while others are shown. */
  isBusy: boolean;
  onChange: (change: Partial<View>) => void;
  onReload: () => void;
  onExport: () => void;
  onCreate: () => void;
}

/** What stands above a list. It is not drawn anew when a row is marked or another cell is chosen. */
export const Toolbar = memo(function Toolbar(props: Props) {
  const { def, view, columns, isBusy, onChange, onReload, onExport, onCreate } = props;
  const { t } = useTranslation();
  const names = useNames();
  return (
    <Group px="sm" py="xs" gap="xs" justify="space-between">
      <Group gap="xs">
        <Title order={1} size="h4">
          {names.many(def)}
        </Title>
        <Narrow def={def} q={view.q} filter={view.filter} onChange={onChange} />
      </Group>
      <Group gap={6}>
        <Layouts def={def} here="list" q={view.q} filter={view.filter} />
        <ViewsMenu
          def={def}
          kind="list"
          saved={view.saved}
          definition={(widths) => definitionOf(view, columns, widths)}
          bin={view.bin ?? false}
          onBin={() => onChange({ saved: undefined, bin: view.bin ? undefined : true })}
        />
        <ColumnsMenu def={def} value={columns.map((field) => field.path)} onChange={(cols) => onChange({ cols })} />
        <Tooltip label={t('list.export')}>
          <ActionIcon variant="default" size={30} onClick={onExport} aria-label={t('list.export')}>
            <Download size={16} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={t('list.reload')}>
          <ActionIcon variant="default" size={30} loading={isBusy} onClick={onReload} aria-label={t('list.reload')}>
            <RotateCw size={16} />
          </ActionIcon>
        </Tooltip>
        {may(def, 'create') && (
          <Button size="xs" leftSection={<Plus size={14} />} onClick={onCreate}>
            {names.one(def)}
          </Button>
        )}
      </Group>
    </Group>
  );
});
