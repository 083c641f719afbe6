import { Alert, Badge, Button, Code, Group, SegmentedControl, Stack, Switch, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may, type ObjectDef } from '~/api/catalog';
import { Problem } from '~/api/problem';
import { type Row, same } from '~/api/record';
import { usePatch } from '~/api/records';
import { complain, Fault } from '~/ui/complain';
import { fromJson } from '~/ui/json';
import { StepList } from './graph';
import { faultsAt, insertAt, moveAt, type Place, removeAt, replaceAt, type Step } from './model';
import { StepForm } from './step-form';

interface Props {
  def: ObjectDef;
  row: Row;
}

/** What a workflow does: what starts it, on what conditions, and its steps. */
export default function WorkflowEditor({ def, row }: Props) {
  const { t } = useTranslation();
  const patch = usePatch(def);
  const toggle = usePatch(def);
  const canEdit = may(def, 'update');
  const kept = Array.isArray(row.steps) ? (row.steps as Step[]) : [];
  const [steps, setSteps] = useState<Step[]>(kept);
  // What the editing began with: the version that the change is made on.
  const [base, setBase] = useState(row);
  const [asText, setAsText] = useState<string | null>(null);
  const [editing, setEditing] = useState<Place | null>(null);
  const isChanged = !same(steps, Array.isArray(base.steps) ? base.steps : []);
  // Others' changes are taken over as long as nothing was changed here.
  if (!isChanged && asText === null && base.version !== row.version) {
    setBase(row);
    setSteps(kept);
  }
  const read = asText === null ? null : fromJson(asText);
  const isList = read === null || (!read.isFaulty && Array.isArray(read.value));
  const problem = patch.error instanceof Problem ? patch.error : undefined;
  const faults = problem?.byField() ?? {};
  const change = (next: Step[]) => {
    patch.reset();
    setSteps(next);
  };
  const save = () =>
    patch.mutate(
      { row: base, patch: { steps: read ? read.value : steps } },
      {
        onSuccess: (answer) => {
          setBase(answer.data);
          setSteps(Array.isArray(answer.data.steps) ? (answer.data.steps as Step[]) : []);
          setAsText((before) => (before === null ? null : JSON.stringify(answer.data.steps ?? [], null, 2)));
        },
      },
    );
  const shown = editing === null ? undefined : stepAt(steps, editing);
  return (
    <Stack>
      <Group justify="space-between">
        <Switch
          label={row.active === true ? t('flow.active') : t('flow.paused')}
          checked={row.active === true}
          disabled={!canEdit || toggle.isPending}
          onChange={(event) =>
            toggle.mutate({ row, patch: { active: event.currentTarget.checked } }, { onError: complain })
          }
        />
        <SegmentedControl
          size="xs"
          aria-label={t('flow.shown_as')}
          value={asText === null ? 'graph' : 'json'}
          onChange={(next) => {
            if (next === 'json') setAsText(JSON.stringify(steps, null, 2));
            else {
              if (read && Array.isArray(read.value)) setSteps(read.value as Step[]);
              setAsText(null);
            }
          }}
          data={[
            { value: 'graph', label: t('flow.as_graph') },
            { value: 'json', label: 'JSON', disabled: false },
          ]}
        />
      </Group>
      <Trigger row={row} />
      {asText === null ? (
        <StepList
          steps={steps}
          faults={faults}
          canEdit={canEdit}
          onEdit={setEditing}
          onAdd={(place, kind) => {
            change(insertAt(steps, place, { kind }));
            setEditing(place);
          }}
          onMove={(place, by) => change(moveAt(steps, place, by))}
          onRemove={(place) => change(removeAt(steps, place))}
        />
      ) : (
        <Textarea
          label={t('flow.steps')}
          autosize
          minRows={10}
          maxRows={40}
          readOnly={!canEdit}
          styles={{ input: { fontFamily: 'monospace', fontSize: 13 } }}
          value={asText}
          onChange={(event) => setAsText(event.currentTarget.value)}
          error={isList ? undefined : t('flow.no_json')}
        />
      )}
      {patch.error && (
        <Alert color="red" role="alert" title={problem?.title ?? t('error.title')}>
          <Fault error={patch.error} />
        </Alert>
      )}
      {canEdit && (isChanged || asText !== null) && (
        <Group>
          <Button onClick={save} loading={patch.isPending} disabled={!isList}>
            {t('flow.save')}
          </Button>
          <Button
            variant="default"
            onClick={() => {
              patch.reset();
              setBase(row);
              setSteps(kept);
              setAsText(null);
            }}
          >
            {t('flow.back')}
          </Button>
        </Group>
      )}
      {editing !== null && shown && (
        <StepForm
          key={editing}
          step={shown}
          readOnly={!canEdit}
          faults={faultsAt(faults, editing)}
          onClose={() => setEditing(null)}
          onChange={(next) => change(replaceAt(steps, editing, next))}
        />
      )}
    </Stack>
  );
}

function stepAt(steps: Step[], place: Place): Step | undefined {
  const found = place
    .split('.')
    .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], steps);
  return found as Step | undefined;
}

/** What starts it, and what must hold besides. */
function Trigger({ row }: { row: Row }) {
  const { t } = useTranslation();
  const text = (name: string) => (typeof row[name] === 'string' ? String(row[name]) : '');
  const kind = text('trigger_kind');
  const what = { event: text('event_type'), schedule: text('schedule'), button: text('target_object') }[kind] ?? '';
  const fields = Array.isArray(row.fields) ? row.fields.join(', ') : '';
  return (
    <section className="flow-card" aria-label={t('flow.trigger')}>
      <Group gap={6}>
        <Badge radius="sm">{t(`flow.triggers.${kind}`, { defaultValue: kind })}</Badge>
        {what && <Code>{what}</Code>}
      </Group>
      {fields && (
        <Text size="sm">
          {t('flow.only_fields')} <Code>{fields}</Code>
        </Text>
      )}
      {row.filter !== null && row.filter !== undefined && (
        <Text size="sm" component="div">
          {t('flow.only_records')} <Code style={{ overflowWrap: 'anywhere' }}>{JSON.stringify(row.filter)}</Code>
        </Text>
      )}
      {text('condition') && (
        <Text size="sm">
          {t('flow.condition')} <Code style={{ overflowWrap: 'anywhere' }}>{text('condition')}</Code>
        </Text>
      )}
    </section>
  );
}
