import type { Row } from '~/api/record';

export type Reach = 'own' | 'team' | 'all';

export interface Mask {
  hidden?: string[];
  read_only?: string[];
}

/** A permission as the API keeps it: one role, one object or `*`, one action or `*`, whose records. */
export interface Permission extends Row {
  role_id: string;
  target_object: string;
  action: string;
  reach: Reach | null;
  field_mask: Mask | null;
}

export const ACTIONS = ['read', 'create', 'update', 'delete'] as const;
export type Action = (typeof ACTIONS)[number];

/** The permission that a cell of the table stands for itself. */
export function own(all: Permission[], object: string, action: Action): Permission | undefined {
  return all.find((one) => one.target_object === object && one.action === action);
}

/** What a cell is, from wherever it comes: permissions add up, and the widest reach counts. */
export function effective(all: Permission[], object: string, action: Action): { reach: Reach | null; isOwn: boolean } {
  const order: (Reach | null)[] = [null, 'own', 'team', 'all'];
  const fitting = all.filter((one) => [object, '*'].includes(one.target_object) && [action, '*'].includes(one.action));
  const reach = fitting.reduce<Reach | null>(
    (widest, one) => (order.indexOf(one.reach ?? 'all') > order.indexOf(widest) ? (one.reach ?? 'all') : widest),
    null,
  );
  return { reach, isOwn: fitting.some((one) => one.target_object === object && one.action === action) };
}
