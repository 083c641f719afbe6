import { Text } from '@mantine/core';
import { useRouter } from '@tanstack/react-router';
import { Check, Minus } from 'lucide-react';
import type { FieldDef } from '~/api/catalog';
import { useCatalog } from '~/api/catalog';
import { useTitle } from '~/api/labels';
import { type Row, relationOf, titleOf, valueAt } from '~/api/record';
import { ago, day, moment, money, number } from '~/ui/format';
import { useNames } from '~/ui/names';

/** Colours of states that mean the same wherever they stand; all others are grey. */
const TONES: Record<string, string> = {
  won: 'green',
  paid: 'green',
  done: 'green',
  solved: 'green',
  active: 'green',
  accepted: 'green',
  succeeded: 'green',
  met: 'green',
  qualified: 'green',
  converted: 'green',
  lost: 'red',
  failed: 'red',
  breached: 'red',
  overdue: 'red',
  urgent: 'red',
  rejected: 'red',
  void: 'red',
  uncollectible: 'red',
  cancelled: 'gray',
  high: 'orange',
  pending: 'orange',
  paused: 'orange',
  open: 'blue',
  sent: 'blue',
  new: 'blue',
  running: 'blue',
};

export function toneOf(value: string): string {
  return TONES[value] ?? 'gray';
}

interface LinkProps {
  object: string;
  id: string;
  title?: string | null;
}

/** A link to a record, by its name; without one the name is asked for. */
export function RecordLink({ object, id, title }: LinkProps) {
  return title ? <NamedLink object={object} id={id} title={title} /> : <AskedLink object={object} id={id} />;
}

function AskedLink({ object, id }: LinkProps) {
  const asked = useTitle(object, id);
  return <NamedLink object={object} id={id} title={asked.data || `#${id.slice(-6)}`} />;
}

/** A plain link that the router follows: a list has hundreds of them, and each costs what it is made of. */
function NamedLink({ object, id, title }: LinkProps) {
  const def = useCatalog().find(object);
  const router = useRouter();
  if (!def?.allows.includes('read')) return <span>{title}</span>;
  const to = { to: '/records/$plural/$id', params: { plural: def.plural, id }, search: {} } as const;
  const prepare = () => void router.preloadRoute(to).catch(() => undefined);
  return (
    <a
      className="quiet"
      href={`/app/records/${def.plural}/${id}`}
      draggable={false}
      onMouseEnter={prepare}
      onFocus={prepare}
      onClick={(event) => {
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        void router.navigate(to);
      }}
    >
      {title}
    </a>
  );
}

/** A state or another short word, in its colour. */
function Tag({ tone, children }: { tone: string; children: string }) {
  const style = { background: `var(--mantine-color-${tone}-light)`, color: `var(--mantine-color-${tone}-light-color)` };
  return (
    <span className="tag" style={style}>
      {children}
    </span>
  );
}

/** Objects whose records are settings: their names say all. */
const NAMED_ONLY = new Set(['stage', 'pipeline']);

/** Promises: how long there is left says more than the hour. */
const CLOCKS = new Set(['sla_next_at']);

function ClockValue({ at }: { at: string }) {
  const isLate = new Date(at).getTime() < Date.now();
  return (
    <time dateTime={at} title={moment(at)} style={isLate ? { color: 'var(--mantine-color-error)' } : undefined}>
      {ago(at)}
    </time>
  );
}

/** A value for reading. */
export function Value({ field, row, plain }: { field: FieldDef; row: Row; plain?: boolean }) {
  const names = useNames();
  const catalog = useCatalog();
  const value = valueAt(row, field.path);
  if (value === null || value === undefined || value === '') return null;
  switch (field.type) {
    case 'reference': {
      const target = catalog.find(field.object);
      const expanded = valueAt(row, relationOf(field)) as Row | undefined;
      const title = expanded && typeof expanded === 'object' ? titleOf(target, expanded) : undefined;
      if (title && (plain || NAMED_ONLY.has(field.object ?? ''))) return <>{title}</>;
      return <RecordLink object={field.object ?? ''} id={String(value)} title={title} />;
    }
    case 'any_reference': {
      const object = valueAt(row, field.path.replace(/_id$/, '_object'));
      if (typeof object !== 'string') return <>{String(value)}</>;
      return <RecordLink object={object} id={String(value)} />;
    }
    case 'money': {
      const currency = valueAt(row, 'currency');
      return <>{money(String(value), typeof currency === 'string' ? currency : undefined)}</>;
    }
    case 'integer':
      return <>{/year|position|version|level/.test(field.name) ? String(value) : number(String(value))}</>;
    case 'decimal':
      return <>{number(String(value))}</>;
    case 'date':
      return <>{day(String(value))}</>;
    case 'datetime':
      if (CLOCKS.has(field.path)) return <ClockValue at={String(value)} />;
      return <time dateTime={String(value)}>{moment(String(value))}</time>;
    case 'bool':
      return value ? (
        <Check size={16} aria-label={names.value('yes')} />
      ) : (
        <Minus size={16} aria-label={names.value('no')} />
      );
    case 'enum':
      if (plain) return <>{names.value(String(value))}</>;
      return <Tag tone={toneOf(String(value))}>{names.value(String(value))}</Tag>;
    case 'multi_enum':
    case 'tags':
      return (
        <span className="tags">
          {(Array.isArray(value) ? value : []).map((one) => (
            <Tag key={String(one)} tone="gray">
              {String(one)}
            </Tag>
          ))}
        </span>
      );
    case 'email':
      return (
        <a className="quiet" href={`mailto:${value}`}>
          {String(value)}
        </a>
      );
    case 'phone':
    case 'mobile':
      return (
        <a className="quiet" href={`tel:${value}`}>
          {String(value)}
        </a>
      );
    case 'url':
      return (
        <a className="quiet" href={safeUrl(String(value))} target="_blank" rel="noopener noreferrer">
          {String(value).replace(/^https?:\/\//, '')}
        </a>
      );
    case 'json':
      return (
        <Text span ff="monospace" size="xs">
          {plain ? JSON.stringify(value) : JSON.stringify(value, null, 1)}
        </Text>
      );
    default:
      return <>{String(value)}</>;
  }
}

/** Only addresses of pages become links: `javascript:` and the like do not. */
export function safeUrl(text: string): string | undefined {
  const full = /^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`;
  return /^https?:/i.test(full) ? full : undefined;
}
