import type { ActionDef, ObjectDef } from '~/api/catalog';

/** A column of a board. */
export interface Column {
  /** The stage's id or the enum's value; empty for records that have none. */
  key: string;
  label: string;
  kind?: 'open' | 'won' | 'lost';
  rottingDays?: number;
}

/** Actions that a change of a state is, where the object has one: they know more than a new value. */
const BY_STATE: Record<string, Record<string, string>> = {
  ticket: { solved: 'resolve', closed: 'close', open: 'reopen' },
  lead: { qualified: 'qualify', unqualified: 'disqualify', converted: 'convert' },
  task: { done: 'complete' },
  call: { done: 'complete' },
  meeting: { done: 'complete' },
};

export interface Move {
  /** The action that does it; without one the field is changed. */
  action?: ActionDef;
  input: Record<string, unknown>;
  /** Whether the person is asked something first: why it was lost, how it was solved. */
  asks: boolean;
}

/** What putting a record into a column means. */
export function moveTo(def: ObjectDef, field: string, column: Column): Move {
  const named = (name: string) => def.actions.find((action) => action.name === name);
  if (field === 'stage_id') {
    const action = column.kind === 'won' ? named('win') : column.kind === 'lost' ? named('lose') : named('move');
    if (action)
      return { action, input: column.kind === 'open' ? { stage_id: column.key } : {}, asks: column.kind !== 'open' };
  }
  const action = field === 'status' ? named(BY_STATE[def.name]?.[column.key] ?? '') : undefined;
  if (action) return { action, input: {}, asks: action.input.some((one) => one.required) || action.name === 'convert' };
  return { input: { [field]: column.key || null }, asks: false };
}
