import { type ComponentType, lazy } from 'react';
import type { ObjectDef } from '~/api/catalog';
import type { Row } from '~/api/record';

export type Room = ComponentType<{ def: ObjectDef; row: Row }>;

const Pdf = lazy(() => import('~/features/documents/preview'));

/** What some objects have besides what every record has: a life of their own. The first is shown when it is opened. */
const ROOMS: Record<string, Record<string, Room>> = {
  ticket: { conversation: lazy(() => import('~/features/ticket/conversation')) },
  workflow: {
    flow: lazy(() => import('~/features/workflows/editor')),
    trial: lazy(() => import('~/features/workflows/trial')),
    runs: lazy(() => import('~/features/workflows/runs')),
  },
  workflow_run: {
    steps: lazy(() => import('~/features/workflows/runs').then((room) => ({ default: room.RunRoom }))),
  },
  segment: { people: lazy(() => import('~/features/marketing/segment')) },
  template: { letter: lazy(() => import('~/features/marketing/template')) },
  campaign: { results: lazy(() => import('~/features/marketing/campaign')) },
  sequence: { way: lazy(() => import('~/features/marketing/sequence')) },
};

/** Documents as they are printed stand behind their lines. */
const PRINTED: Record<string, Record<string, Room>> = {
  quote: { pdf: Pdf },
  invoice: { pdf: Pdf },
  credit_note: { pdf: Pdf },
};

export function roomsOf(object: string): Record<string, Room> {
  return ROOMS[object] ?? {};
}

export function printedOf(object: string): Record<string, Room> {
  return PRINTED[object] ?? {};
}

/** Fields that a room shows, and that the groups beside it leave out. */
const IN_ROOM: Record<string, string[]> = {
  workflow: ['steps', 'rights', 'hook_mark'],
  workflow_run: ['input', 'rights'],
  segment: ['conditions'],
  template: ['subject', 'body_text', 'body_html'],
};

export function isInRoom(object: string, path: string): boolean {
  return IN_ROOM[object]?.includes(path) ?? false;
}
