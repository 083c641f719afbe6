import { type Row, valueAt } from '~/api/record';

/** Which actions make sense in which state, so that a page offers what can be done. The server decides all the same. */
const STATES: Record<string, Record<string, (row: Row) => boolean>> = {
  deal: {
    win: (row) => stageKind(row) !== 'won' && stageKind(row) !== 'lost',
    lose: (row) => stageKind(row) !== 'won' && stageKind(row) !== 'lost',
    move: (row) => stageKind(row) !== 'won' && stageKind(row) !== 'lost',
    reopen: (row) => stageKind(row) === 'won' || stageKind(row) === 'lost',
  },
  quote: {
    send: is('draft'),
    accept: is('sent'),
    reject: is('sent'),
    revise: is('sent', 'rejected', 'expired'),
  },
  order: {
    confirm: (row) => row.status === 'unpaid' && !row.confirmed_at,
    cancel: (row) => row.status === 'unpaid' && !row.invoiced_at,
    fulfil: (row) => row.status !== 'cancelled' && row.status !== 'fulfilled' && Boolean(row.confirmed_at),
    invoice: (row) => row.status !== 'cancelled' && !row.invoiced_at,
  },
  invoice: {
    finalize: is('draft'),
    pay: is('open', 'uncollectible'),
    void: is('open'),
    credit: is('open', 'paid', 'uncollectible'),
    write_off: is('open'),
  },
  campaign: {
    launch: is('draft', 'scheduled'),
    pause: is('running', 'scheduled'),
    resume: is('paused'),
    complete: is('running', 'paused'),
    cancel: not('completed', 'cancelled'),
  },
  segment: { freeze: (row) => row.kind !== 'frozen' && !row.frozen_at },
  workflow_run: {
    pause: is('pending', 'running', 'waiting'),
    resume: is('paused'),
    cancel: not('succeeded', 'failed', 'cancelled'),
  },
  payment: { refund: is('succeeded') },
  ticket: {
    assign: not('closed'),
    reply: not('closed'),
    resolve: is('open', 'pending'),
    reopen: is('pending', 'solved', 'closed'),
    close: not('closed'),
    merge: not('closed'),
    rate: is('solved', 'closed'),
  },
  lead: {
    qualify: not('qualified', 'converted'),
    disqualify: not('unqualified', 'converted'),
    convert: not('converted'),
    assign: not('converted'),
    score: not('converted'),
  },
};

const ACTIVITY = {
  complete: is('planned', 'open', 'in_progress'),
  reschedule: is('planned', 'open', 'in_progress'),
  reopen: is('done', 'cancelled'),
};
for (const object of ['task', 'call', 'meeting', 'note', 'email']) STATES[object] = ACTIVITY;

function is(...states: string[]) {
  return (row: Row) => states.includes(String(row.status));
}

function not(...states: string[]) {
  return (row: Row) => !states.includes(String(row.status));
}

function stageKind(row: Row): unknown {
  return valueAt(row, 'stage.kind');
}

/** Whether an action is offered for a record as it stands. An action that nothing is known of always is. */
export function fits(object: string, action: string, row: Row): boolean {
  const rule = STATES[object]?.[action];
  return rule ? rule(row) : true;
}

/** The one that people mostly want next; the others are in the menu beside it. */
const FIRST: Record<string, string[]> = {
  deal: ['win', 'lose', 'reopen'],
  quote: ['send', 'accept', 'revise'],
  order: ['invoice', 'confirm', 'fulfil'],
  invoice: ['finalize', 'pay'],
  ticket: ['resolve', 'reopen'],
  lead: ['convert', 'qualify'],
  task: ['complete', 'reopen'],
  call: ['complete', 'reopen'],
  meeting: ['complete', 'reopen'],
  payment: ['refund'],
  campaign: ['launch', 'resume', 'pause'],
  workflow_run: ['resume', 'pause'],
};

export function isFirst(object: string, action: string): boolean {
  return FIRST[object]?.includes(action) ?? false;
}

/** Actions with a page of their own. */
export const ELSEWHERE = new Set(['merge', 'unmerge', 'reply']);

export function isElsewhere(object: string, action: string): boolean {
  return ELSEWHERE.has(action) && !(object === 'ticket' && action === 'merge');
}
