import { Alert, Button, Checkbox, Group, Modal, Stack, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ActionDef, type ObjectDef, useCatalog } from '~/api/catalog';
import { Problem } from '~/api/problem';
import { type Row, titleOf } from '~/api/record';
import { useAction } from '~/api/records';
import { FieldInput } from '~/fields/input';
import { Fault, say } from '~/ui/complain';
import { useNames } from '~/ui/names';

/** What an action's form begins with. */
function startOf(def: ObjectDef, action: ActionDef, row: Row): Record<string, unknown> {
  if (def.name === 'invoice' && action.name === 'pay') return { amount: row.amount_due, method: 'bank_transfer' };
  if (action.name === 'reschedule')
    return row.start_at
      ? { start_at: row.start_at, end_at: row.end_at ?? undefined }
      : { due_at: row.due_at ?? undefined };
  return {};
}

interface Props {
  def: ObjectDef;
  row: Row;
  action: ActionDef;
  /** What is known already: the stage that a card was dropped on. */
  given?: Record<string, unknown>;
  onClose: () => void;
  onDone?: (answer: Record<string, unknown>) => void;
}

/** Asks what an action wants to know, and does it. */
export function ActionDialog({ def, row, action, given, onClose, onDone }: Props) {
  const { t } = useTranslation();
  const names = useNames();
  const follow = useFollow(def, action);
  const act = useAction(def);
  const [values, setValues] = useState<Record<string, unknown>>(() => ({ ...startOf(def, action, row), ...given }));
  const isConvert = def.name === 'lead' && action.name === 'convert';
  const [withDeal, setWithDeal] = useState(true);
  const problem = act.error instanceof Problem ? act.error : undefined;
  const faults = problem?.byField() ?? {};
  // Structures that a form cannot ask for are left to the API: a credit without lines takes back the whole invoice.
  const asked = action.input.filter((field) => field.type !== 'json' && given?.[field.path] === undefined);
  const submit = () => {
    const input: Record<string, unknown> = Object.fromEntries(
      Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== ''),
    );
    if (isConvert) input.deal = withDeal ? {} : null;
    act.mutate(
      { row, action, input },
      {
        onSuccess: (answer) => {
          onClose();
          if (onDone) onDone(answer);
          else follow(answer);
        },
      },
    );
  };
  return (
    <Modal opened onClose={onClose} title={`${names.action(action.name)}: ${titleOf(def, row)}`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Stack>
          <Text size="sm" c="dimmed">
            {action.description}
          </Text>
          {isConvert && (
            <Checkbox
              checked={withDeal}
              onChange={(event) => setWithDeal(event.currentTarget.checked)}
              label={t('action.with_deal')}
            />
          )}
          {asked.map((field, at) => (
            <FieldInput
              key={field.path}
              field={field}
              autoFocus={at === 0}
              value={values[field.path]}
              error={faults[field.path]}
              onChange={(value) => setValues((before) => ({ ...before, [field.path]: value }))}
            />
          ))}
          {act.error && !asked.some((field) => faults[field.path]) && (
            <Alert color="red" role="alert" title={problem?.title ?? t('error.title')}>
              <Fault error={act.error} />
            </Alert>
          )}
          <Group justify="end">
            <Button variant="default" onClick={onClose}>
              {t('cancel')}
            </Button>
            <Button type="submit" loading={act.isPending} data-autofocus={asked.length === 0 || undefined}>
              {names.action(action.name)}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** Goes on to what an action made: the invoice of an order, the deal of a lead. */
export function useFollow(def: ObjectDef, action: ActionDef) {
  const { t } = useTranslation();
  const names = useNames();
  const navigate = useNavigate();
  const catalog = useCatalog();
  return (answer: Record<string, unknown>) => {
    const made = action.answer.new ? catalog.find(action.answer.object) : undefined;
    const named = action.answer.objects ? (['deal', 'contact', 'company'].find((name) => answer[name]) ?? '') : '';
    const target = made ?? catalog.find(named);
    const row = (named ? answer[named] : answer) as Row | undefined;
    if (target && row?.id && target.allows.includes('read') && target.name !== 'ticket_comment') {
      say(t('action.made', { name: `${names.one(target)} ${titleOf(target, row)}` }));
      void navigate({ to: '/records/$plural/$id', params: { plural: target.plural, id: row.id }, search: {} });
      return;
    }
    say(t('action.done', { name: `${names.one(def)}: ${names.action(action.name)}` }));
  };
}
