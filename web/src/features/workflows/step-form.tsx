import { Button, Group, Modal, NumberInput, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCatalog } from '~/api/catalog';
import { fromJson } from '~/ui/json';
import { useNames } from '~/ui/names';
import { COMMON, KINDS, type Member, type Step } from './model';

interface Props {
  step: Step;
  faults: Record<string, string>;
  readOnly: boolean;
  onClose: () => void;
  onChange: (step: Step) => void;
}

type Draft = Record<string, string>;

function draftOf(step: Step): Draft {
  return Object.fromEntries(
    [...(KINDS[step.kind] ?? []), ...COMMON].map(({ name, type }) => {
      const value = step[name];
      if (value === undefined || value === null) return [name, ''];
      return [
        name,
        type === 'json' ? JSON.stringify(value, null, 2) : typeof value === 'string' ? value : JSON.stringify(value),
      ];
    }),
  );
}

/** What one step is told, asked as its kind needs it. Values in `{{ … }}` are filled in when it runs. */
export function StepForm({ step, faults, readOnly, onClose, onChange }: Props) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState<Draft>(() => draftOf(step));
  const members = [...(KINDS[step.kind] ?? []), ...COMMON];
  const isFaulty = (member: Member) => member.type === 'json' && fromJson(draft[member.name] ?? '').isFaulty;
  const submit = () => {
    if (members.some(isFaulty)) return;
    const next: Step = { ...step };
    for (const member of members) {
      const text = draft[member.name] ?? '';
      if (text.trim() === '') delete next[member.name];
      else next[member.name] = memberValue(member, text, step[member.name]);
    }
    onChange(next);
    onClose();
  };
  return (
    <Modal opened onClose={onClose} size="lg" title={t(`flow.kinds.${step.kind}`, { defaultValue: step.kind })}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Stack>
          {members.map((member) => (
            <MemberInput
              key={member.name}
              member={member}
              value={draft[member.name] ?? ''}
              readOnly={readOnly}
              error={isFaulty(member) ? t('flow.no_json') : faults[member.name]}
              onChange={(value) => setDraft((before) => ({ ...before, [member.name]: value }))}
            />
          ))}
          <Group justify="end">
            <Button variant="default" onClick={onClose}>
              {t('cancel')}
            </Button>
            {!readOnly && <Button type="submit">{t('flow.take')}</Button>}
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** A number where it is one; a list or object that was there stays what it was when nothing else was typed. */
function memberValue(member: Member, text: string, before: unknown): unknown {
  if (member.type === 'json') return fromJson(text).value;
  if (member.type === 'number' && /^\d+$/.test(text)) return Number(text);
  return typeof before === 'object' && before !== null && JSON.stringify(before) === text ? before : text;
}

function MemberInput({
  member,
  value,
  error,
  readOnly,
  onChange,
}: {
  member: Member;
  value: string;
  error?: string;
  readOnly: boolean;
  onChange: (value: string) => void;
}) {
  const { t } = useTranslation();
  const catalog = useCatalog();
  const names = useNames();
  const common = {
    label: t(`flow.members.${member.name}`, { defaultValue: member.name }),
    required: member.required,
    error,
    readOnly,
  };
  const mono = { input: { fontFamily: 'monospace', fontSize: 13 } };
  switch (member.type) {
    case 'object':
      return (
        <Select
          {...common}
          searchable
          clearable={!member.required}
          data={catalog.readable.map((def) => ({ value: def.name, label: names.one(def) }))}
          value={value || null}
          onChange={(next) => onChange(next ?? '')}
        />
      );
    case 'number':
      return (
        <NumberInput
          {...common}
          min={0}
          allowDecimal={false}
          value={value}
          onChange={(next) => onChange(String(next))}
        />
      );
    case 'json':
      return (
        <Textarea
          {...common}
          autosize
          minRows={2}
          maxRows={16}
          styles={mono}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case 'long':
      return (
        <Textarea
          {...common}
          autosize
          minRows={3}
          maxRows={16}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    default:
      return <TextInput {...common} value={value} onChange={(event) => onChange(event.currentTarget.value)} />;
  }
}
