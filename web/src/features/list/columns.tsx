import { ActionIcon, Button, Checkbox, Group, Popover, Stack, Text, TextInput, Tooltip } from '@mantine/core';
import { ArrowDown, ArrowUp, Columns3 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fields, type ObjectDef } from '~/api/catalog';
import { useNames } from '~/ui/names';

interface Props {
  def: ObjectDef;
  value: string[];
  onChange: (paths: string[] | undefined) => void;
}

/** Chooses and orders the columns. */
export function ColumnsMenu({ def, value, onChange }: Props) {
  const { t } = useTranslation();
  const names = useNames();
  const [text, setText] = useState('');
  const chosen = value.flatMap((path) => fields(def).find((field) => field.path === path) ?? []);
  const others = fields(def).filter((field) => !value.includes(field.path));
  const match = (label: string) => label.toLowerCase().includes(text.toLowerCase());
  const move = (at: number, by: number) => {
    const next = [...value];
    const [one] = next.splice(at, 1);
    if (one) next.splice(at + by, 0, one);
    onChange(next);
  };
  return (
    <Popover position="bottom-end" width={300} withinPortal trapFocus>
      <Popover.Target>
        <Tooltip label={t('list.columns')}>
          <ActionIcon variant="default" size={30} aria-label={t('list.columns')}>
            <Columns3 size={16} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown p="xs">
        <TextInput
          size="xs"
          placeholder={t('list.find_column')}
          aria-label={t('list.find_column')}
          value={text}
          onChange={(e) => setText(e.currentTarget.value)}
          mb="xs"
        />
        <div style={{ maxHeight: 380, overflow: 'auto' }}>
          <Stack gap={4}>
            {chosen
              .filter((field) => match(names.field(field)))
              .map((field) => {
                const at = value.indexOf(field.path);
                return (
                  <Group key={field.path} justify="space-between" wrap="nowrap" gap={4}>
                    <Checkbox
                      size="xs"
                      label={names.field(field)}
                      checked
                      onChange={() => value.length > 1 && onChange(value.filter((path) => path !== field.path))}
                    />
                    <Group gap={0} wrap="nowrap">
                      <ActionIcon
                        size="sm"
                        disabled={at === 0}
                        onClick={() => move(at, -1)}
                        aria-label={t('list.earlier', { name: names.field(field) })}
                      >
                        <ArrowUp size={13} />
                      </ActionIcon>
                      <ActionIcon
                        size="sm"
                        disabled={at === value.length - 1}
                        onClick={() => move(at, 1)}
                        aria-label={t('list.later', { name: names.field(field) })}
                      >
                        <ArrowDown size={13} />
                      </ActionIcon>
                    </Group>
                  </Group>
                );
              })}
            <Text size="xs" c="dimmed" mt={4}>
              {t('list.not_shown')}
            </Text>
            {others
              .filter((field) => match(names.field(field)))
              .map((field) => (
                <Checkbox
                  key={field.path}
                  size="xs"
                  label={names.field(field)}
                  checked={false}
                  onChange={() => onChange([...value, field.path])}
                />
              ))}
          </Stack>
        </div>
        <Button size="compact-xs" variant="subtle" mt="xs" onClick={() => onChange(undefined)}>
          {t('list.standard')}
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
