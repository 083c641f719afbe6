import type { Catalog, ObjectDef } from '~/api/catalog';

/** Where the objects of the trade stand in the menu; what a space does not have, or the caller may not read, is not there. */
const GROUPS: [string, string[]][] = [
  ['sales', ['lead', 'company', 'contact', 'customer', 'deal']],
  ['money', ['product', 'quote', 'order', 'invoice', 'payment', 'credit_note']],
  ['support', ['ticket']],
  ['marketing', ['campaign', 'segment', 'template', 'sequence', 'form']],
  ['automation', ['workflow', 'workflow_run']],
  ['activities', ['task', 'call', 'meeting', 'note', 'email']],
];

/** Objects that have a room of their own, or are lines and links of others. */
const ELSEWHERE = new Set([
  'user',
  'role',
  'permission',
  'report',
  'dashboard',
  'saved_view',
  'default_view',
  'merge',
  'stage_visit',
  'ticket_comment',
  'ticket_file',
  'email_file',
  'notification',
  'channel_preference',
  'webhook_endpoint',
]);

export interface Place {
  group: string;
  objects: ObjectDef[];
}

/** The menu of a space, from its catalog. */
export function places(catalog: Catalog): Place[] {
  const readable = new Map(catalog.readable.map((def) => [def.name, def]));
  const lines = new Set(catalog.objects.map((def) => def.lines).filter((name) => name !== null));
  const taken = new Set(GROUPS.flatMap(([, names]) => names));
  const grouped = GROUPS.map(([group, names]) => ({
    group,
    objects: names.flatMap((name) => readable.get(name) ?? []),
  }));
  const own = catalog.readable.filter((def) => def.custom);
  const rest = catalog.readable.filter(
    (def) => !def.custom && !taken.has(def.name) && !ELSEWHERE.has(def.name) && !lines.has(def.name),
  );
  return [...grouped, { group: 'own', objects: own }, { group: 'more', objects: rest }].filter(
    (place) => place.objects.length > 0,
  );
}
