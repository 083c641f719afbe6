import { Alert, Button, Collapse, Group, Modal, Select, SimpleGrid, Stack } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type FieldDef, may, type ObjectDef, useCatalog } from '~/api/catalog';
import { ask } from '~/api/client';
import { Problem } from '~/api/problem';
import { patchOfAll, type Row, titleOf } from '~/api/record';
import { places } from '~/app/places';
import { refresh } from '~/features/list/bulk';
import { FieldInput } from '~/fields/input';
import { RecordLink } from '~/fields/show';
import { Fault, say } from '~/ui/complain';
import { useNames } from '~/ui/names';
import { formFields } from './form';

interface Props {
  object?: string;
  /** What is known already: the company of a new deal. */
  values?: Record<string, unknown>;
  onClose: () => void;
  onMade?: (row: Row) => void;
}

/** Makes a record of any object; drawn from its definition. */
export default function QuickCreate({ object, values, onClose, onMade }: Props) {
  const { t } = useTranslation();
  const names = useNames();
  const catalog = useCatalog();
  const [chosen, setChosen] = useState(object);
  const def = catalog.find(chosen);
  const choices = useMemo(
    () =>
      places(catalog).flatMap((place) =>
        place.objects.filter((one) => may(one, 'create')).map((one) => ({ value: one.name, label: names.one(one) })),
      ),
    [catalog, names],
  );
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={def ? t('create.title', { name: names.one(def) }) : t('create.any')}
      closeOnClickOutside={false}
    >
      <Stack>
        {!object && (
          <Select
            label={t('create.what')}
            data={choices}
            value={chosen ?? null}
            onChange={(next) => setChosen(next ?? undefined)}
            searchable
            data-autofocus={!chosen || undefined}
          />
        )}
        {def && <CreateForm key={def.name} def={def} values={values ?? {}} onClose={onClose} onMade={onMade} />}
      </Stack>
    </Modal>
  );
}

function CreateForm({
  def,
  values: given,
  onClose,
  onMade,
}: {
  def: ObjectDef;
  values: Record<string, unknown>;
  onClose: () => void;
  onMade?: (row: Row) => void;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const names = useNames();
  const { first, more } = useMemo(() => formFields(def), [def]);
  const [values, setValues] = useState<Record<string, unknown>>(given);
  const [isMore, setMore] = useState(false);
  const create = useMutation({
    meta: { handled: true },
    mutationFn: (allow: boolean) =>
      ask<Row>('POST', `/v1/${def.plural}${allow ? '?allow_duplicates=true' : ''}`, patchOfAll(values)),
    onSuccess: (row) => {
      refresh(client, def);
      onClose();
      if (onMade) onMade(row);
      else {
        say(t('create.made', { name: titleOf(def, row) || names.one(def) }));
        void navigate({ to: '/records/$plural/$id', params: { plural: def.plural, id: row.id } });
      }
    },
  });
  const problem = create.error instanceof Problem ? create.error : undefined;
  const faults = problem?.byField() ?? {};
  const shown = new Set([...first, ...(isMore ? more : [])].map((field) => field.path));
  const isElsewhere = Boolean(create.error) && !Object.keys(faults).some((path) => shown.has(path));
  const input = (field: FieldDef, at: number) => (
    <div key={field.path} style={field.type === 'long_text' ? { gridColumn: '1 / -1' } : undefined}>
      <FieldInput
        field={field}
        value={values[field.path]}
        error={faults[field.path]}
        autoFocus={at === 0}
        onChange={(value) => setValues((before) => ({ ...before, [field.path]: value ?? undefined }))}
      />
    </div>
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate(false);
      }}
    >
      <Stack>
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          {first.map(input)}
        </SimpleGrid>
        {more.length > 0 && (
          <div>
            <Button size="compact-sm" variant="subtle" onClick={() => setMore((is) => !is)} aria-expanded={isMore}>
              {isMore ? t('create.less') : t('create.more', { count: more.length })}
            </Button>
            <Collapse expanded={isMore}>
              <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm" mt="xs">
                {isMore && more.map((field) => input(field, -1))}
              </SimpleGrid>
            </Collapse>
          </div>
        )}
        {problem?.code === 409002 && (
          <Alert color="orange" title={t('create.duplicate')}>
            {problem.existingIds.map((id) => (
              <div key={id}>
                <RecordLink object={def.name} id={id} />
              </div>
            ))}
            <Button mt="xs" size="xs" variant="default" onClick={() => create.mutate(true)}>
              {t('create.anyway')}
            </Button>
          </Alert>
        )}
        {create.error && problem?.code !== 409002 && (isElsewhere || !problem) && (
          <Alert color="red" role="alert" title={problem?.title ?? t('error.title')}>
            <Fault error={create.error} />
          </Alert>
        )}
        <Group justify="end">
          <Button variant="default" onClick={onClose}>
            {t('cancel')}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {t('create.do')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
