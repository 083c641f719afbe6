import { expect, it } from 'vitest';
import type { ActionDef, ObjectDef } from '~/api/catalog';
import { moveTo } from './moves';

const action = (name: string, required: string[] = []): ActionDef =>
  ({
    name,
    description: '',
    input: required.map((path) => ({ path, required: true })),
    answer: {},
  }) as unknown as ActionDef;
const object = (name: string, actions: ActionDef[]) => ({ name, actions }) as unknown as ObjectDef;

it('a deal is won, lost or moved', () => {
  const deal = object('deal', [action('move', ['stage_id']), action('win'), action('lose', ['reason'])]);
  expect(moveTo(deal, 'stage_id', { key: '7', label: '', kind: 'open' })).toMatchObject({
    action: { name: 'move' },
    input: { stage_id: '7' },
    asks: false,
  });
  expect(moveTo(deal, 'stage_id', { key: '8', label: '', kind: 'won' })).toMatchObject({
    action: { name: 'win' },
    asks: true,
  });
  expect(moveTo(deal, 'stage_id', { key: '9', label: '', kind: 'lost' })).toMatchObject({
    action: { name: 'lose' },
    asks: true,
  });
});

it('a ticket is resolved with words and reopened without', () => {
  const ticket = object('ticket', [action('resolve', ['resolution']), action('reopen'), action('close')]);
  expect(moveTo(ticket, 'status', { key: 'solved', label: '' })).toMatchObject({
    action: { name: 'resolve' },
    asks: true,
  });
  expect(moveTo(ticket, 'status', { key: 'open', label: '' })).toMatchObject({
    action: { name: 'reopen' },
    asks: false,
  });
  expect(moveTo(ticket, 'status', { key: 'pending', label: '' })).toEqual({
    input: { status: 'pending' },
    asks: false,
  });
});

it('anything else is a new value', () => {
  expect(moveTo(object('vehicle', []), 'fuel', { key: 'diesel', label: '' })).toEqual({
    input: { fuel: 'diesel' },
    asks: false,
  });
  expect(moveTo(object('vehicle', []), 'fuel', { key: '', label: '' })).toEqual({ input: { fuel: null }, asks: false });
});
