import { Text } from '@mantine/core';
import { field as findField, type ObjectDef } from '~/api/catalog';
import { patchOf, type Row } from '~/api/record';
import { Value } from '~/fields/show';
import { humanised, useNames } from '~/ui/names';
import { changesOf, type Entry } from './entries';

/** What an entry changed, field by field: before → after. */
export function ChangeLines({ def, entry, row }: { def: ObjectDef; entry: Entry; row: Row }) {
  const names = useNames();
  const shown = (path: string, value: unknown) => {
    if (value === null || value === undefined || value === '') return '∅';
    const field = findField(def, path) ?? def.fields.find((one) => one.name === path);
    const own = {
      id: row.id,
      object: row.object,
      currency: row.currency,
      ...patchOf(field?.path ?? path, value),
    } as Row;
    if (field) return <Value field={field} row={own} plain />;
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  };
  return (
    <>
      {changesOf(entry).map(([path, before, after]) => {
        const field = findField(def, path);
        return (
          <Text key={path} size="sm" component="div" style={{ overflowWrap: 'anywhere' }}>
            <Text span c="dimmed" size="sm">
              {field ? names.field(field) : humanised(path)}:
            </Text>{' '}
            {shown(path, before)} → {shown(path, after)}
          </Text>
        );
      })}
    </>
  );
}
