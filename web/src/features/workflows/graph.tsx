import { ActionIcon, Badge, Button, Code, Group, Menu, Text } from '@mantine/core';
import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { faultsAt, gistOf, KINDS, listsOf, type Place, type Step } from './model';
import './graph.css';

interface Props {
  steps: Step[];
  /** Where the list stands; nothing at the top. */
  at?: Place;
  faults: Record<string, string>;
  canEdit: boolean;
  onEdit: (place: Place) => void;
  onAdd: (place: Place, kind: string) => void;
  onMove: (place: Place, by: -1 | 1) => void;
  onRemove: (place: Place) => void;
}

/** Steps one below the other; the ways of a branch side by side. */
export function StepList(props: Props) {
  const { steps, at, canEdit, onAdd } = props;
  const { t } = useTranslation();
  const placeOf = (index: number) => (at ? `${at}.${index}` : String(index));
  return (
    <ol className="flow-steps" aria-label={at ? undefined : t('flow.steps')}>
      {steps.map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a step has no name but its place
        <li key={index}>
          <StepCard
            {...props}
            step={step}
            place={placeOf(index)}
            isLast={index === steps.length - 1}
            isFirst={index === 0}
          />
        </li>
      ))}
      {canEdit && (
        <li>
          <AddStep onAdd={(kind) => onAdd(placeOf(steps.length), kind)} />
        </li>
      )}
      {!canEdit && steps.length === 0 && (
        <li>
          <Text size="xs" c="dimmed">
            {t('flow.nothing')}
          </Text>
        </li>
      )}
    </ol>
  );
}

function StepCard({
  step,
  place,
  isFirst,
  isLast,
  ...props
}: Props & { step: Step; place: Place; isFirst: boolean; isLast: boolean }) {
  const { t } = useTranslation();
  const { faults, canEdit, onEdit, onMove, onRemove } = props;
  const own = Object.entries(faultsAt(faults, place));
  const gist = gistOf(step);
  const label = t('flow.step', { place, kind: t(`flow.kinds.${step.kind}`, { defaultValue: step.kind }) });
  return (
    <>
      <div className="flow-card" data-faulty={own.length > 0 || undefined}>
        <Group justify="space-between" wrap="nowrap" align="start" gap={4}>
          <button type="button" className="flow-open" onClick={() => onEdit(place)}>
            <span className="sr-only">{t('flow.place', { place })} </span>
            <Group gap={6}>
              <Badge variant="light" radius="sm">
                {t(`flow.kinds.${step.kind}`, { defaultValue: step.kind })}
              </Badge>
              {step.name && (
                <Text size="xs" fw={600}>
                  {step.name}
                </Text>
              )}
            </Group>
            {gist && (
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {gist}
              </Text>
            )}
            {typeof step.when === 'string' && (
              <Text size="xs" c="dimmed">
                {t('flow.when')} <Code>{step.when}</Code>
              </Text>
            )}
          </button>
          {canEdit && (
            <Group gap={0} wrap="nowrap">
              <ActionIcon
                size="sm"
                disabled={isFirst}
                aria-label={t('flow.up', { label })}
                onClick={() => onMove(place, -1)}
              >
                <ArrowUp size={13} />
              </ActionIcon>
              <ActionIcon
                size="sm"
                disabled={isLast}
                aria-label={t('flow.down', { label })}
                onClick={() => onMove(place, 1)}
              >
                <ArrowDown size={13} />
              </ActionIcon>
              <ActionIcon size="sm" aria-label={t('flow.away', { label })} onClick={() => onRemove(place)}>
                <Trash2 size={13} />
              </ActionIcon>
            </Group>
          )}
        </Group>
        {own.map(([member, message]) => (
          <Text key={member} size="xs" c="var(--mantine-color-error)" role="alert">
            {member ? `${member}: ` : ''}
            {message}
          </Text>
        ))}
      </div>
      {listsOf(step).length > 0 && (
        <div className="flow-ways">
          {listsOf(step).map((list) => (
            <section key={list.name} className="flow-way" aria-label={t(`flow.lists.${list.name}`)}>
              <Text size="xs" fw={600} c="dimmed">
                {t(`flow.lists.${list.name}`)}
              </Text>
              <StepList {...props} steps={list.steps} at={`${place}.${list.name}`} />
            </section>
          ))}
        </div>
      )}
    </>
  );
}

function AddStep({ onAdd }: { onAdd: (kind: string) => void }) {
  const { t } = useTranslation();
  return (
    <Menu withinPortal position="bottom-start">
      <Menu.Target>
        <Button size="compact-xs" variant="light" leftSection={<Plus size={12} />}>
          {t('flow.add')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {Object.keys(KINDS).map((kind) => (
          <Menu.Item key={kind} onClick={() => onAdd(kind)}>
            {t(`flow.kinds.${kind}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
