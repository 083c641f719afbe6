/** A step as a workflow holds it; its members depend on its kind. */
export interface Step {
  kind: string;
  name?: string;
  [member: string]: unknown;
}

export type MemberType = 'text' | 'long' | 'number' | 'json' | 'object' | 'user';

export interface Member {
  name: string;
  type: MemberType;
  required?: boolean;
}

const text = (name: string, required = false): Member => ({ name, type: 'text', required });
const json = (name: string, required = false): Member => ({ name, type: 'json', required });
const object = (required = false): Member => ({ name: 'object', type: 'object', required });
const count = (name: string): Member => ({ name, type: 'number' });

/** What each kind of step is told (guide: Workflows, Steps). Members that hold steps are drawn, not asked. */
export const KINDS: Record<string, Member[]> = {
  create: [object(true), json('data', true)],
  update: [object(), text('id'), json('data', true)],
  delete: [object(), text('id')],
  action: [text('action', true), object(), text('id'), json('body')],
  find: [object(true), json('filter'), json('sort'), count('limit')],
  branch: [text('if', true)],
  loop: [text('over', true)],
  wait: [count('seconds'), count('minutes'), count('hours'), count('days'), text('until'), json('for'), text('about')],
  notify: [text('title', true), { name: 'body', type: 'long' }, text('to')],
  email: [text('to', true), text('subject', true), { name: 'text', type: 'long', required: true }, text('reply_to')],
  webhook: [text('url', true), json('body'), json('headers'), count('timeout')],
  function: [text('url', true), json('body'), json('headers'), count('timeout')],
  stop: [text('reason')],
};

/** What every kind takes besides. */
export const COMMON: Member[] = [text('name'), text('when'), json('retry'), json('on_error')];

/** Members that hold steps, in the order that they are drawn. */
export const LISTS = ['then', 'else', 'do', 'on_error'] as const;

/** The lists of steps below a step; those that its kind has are there when they are empty, too. */
export function listsOf(step: Step): { name: string; steps: Step[] }[] {
  const own = step.kind === 'branch' ? ['then', 'else'] : step.kind === 'loop' ? ['do'] : [];
  return LISTS.flatMap((name) => {
    const steps = step[name];
    if (Array.isArray(steps)) return [{ name, steps: steps as Step[] }];
    return own.includes(name) ? [{ name, steps: [] }] : [];
  });
}

/** A place such as `2.then.0`. */
export type Place = string;

type Tree = Step[] | Step | unknown;

/** The tree with a change of the list that a place leads to. */
function inList(steps: Step[], parts: string[], change: (list: Step[], at: number) => Step[]): Step[] {
  const [first = '', list, ...rest] = parts;
  const at = Number(first);
  if (list === undefined) return change(steps, at);
  return steps.map((step, i) => {
    if (i !== at) return step;
    const below: Tree = step[list];
    return { ...step, [list]: inList(Array.isArray(below) ? (below as Step[]) : [], rest, change) };
  });
}

export function replaceAt(steps: Step[], place: Place, step: Step): Step[] {
  return inList(steps, place.split('.'), (list, at) => list.map((one, i) => (i === at ? step : one)));
}

export function insertAt(steps: Step[], place: Place, step: Step): Step[] {
  return inList(steps, place.split('.'), (list, at) => [...list.slice(0, at), step, ...list.slice(at)]);
}

export function removeAt(steps: Step[], place: Place): Step[] {
  return inList(steps, place.split('.'), (list, at) => list.filter((_, i) => i !== at));
}

/** Exchanges a step with the one before or behind it. */
export function moveAt(steps: Step[], place: Place, by: -1 | 1): Step[] {
  return inList(steps, place.split('.'), (list, at) => {
    const one = list[at];
    const other = list[at + by];
    if (!one || !other) return list;
    return list.map((step, i) => (i === at ? other : i === at + by ? one : step));
  });
}

/** What a step does, in one line of the reader's own words or values. */
export function gistOf(step: Step): string {
  const said = (name: string) => (typeof step[name] === 'string' ? String(step[name]) : '');
  switch (step.kind) {
    case 'branch':
      return said('if');
    case 'loop':
      return said('over') || JSON.stringify(step.over ?? '');
    case 'wait':
      return ['seconds', 'minutes', 'hours', 'days', 'until', 'for']
        .filter((name) => step[name] !== undefined && step[name] !== null)
        .map((name) => `${name} ${typeof step[name] === 'object' ? JSON.stringify(step[name]) : step[name]}`)
        .join(', ');
    case 'notify':
      return said('title');
    case 'email':
      return [said('to'), said('subject')].filter(Boolean).join(': ');
    case 'webhook':
    case 'function':
      return said('url');
    case 'stop':
      return said('reason');
    case 'action':
      return [said('object'), said('action')].filter(Boolean).join(' · ');
    default:
      return [said('object'), said('id')].filter(Boolean).join(' · ');
  }
}

/** The faults of a step and not of those below it, by member; `steps.2.data.subject` is of `data`. */
export function faultsAt(faults: Record<string, string>, place: Place): Record<string, string> {
  const before = `steps.${place}.`;
  const own: Record<string, string> = {};
  for (const [path, message] of Object.entries(faults)) {
    if (path === `steps.${place}`) own[''] = message;
    if (!path.startsWith(before)) continue;
    const [member = '', next, ...rest] = path.slice(before.length).split('.');
    const isBelow = (LISTS as readonly string[]).includes(member) && next !== undefined && /^\d+$/.test(next);
    if (isBelow) continue;
    const within = [next, ...rest].filter((part) => part !== undefined).join('.');
    own[member] = within ? `${within} ${message}` : message;
  }
  return own;
}
