import { expect, it } from 'vitest';
import { effective, type Permission, type Reach } from './permissions';

const permission = (target_object: string, action: string, reach: Reach) =>
  ({ target_object, action, reach }) as Permission;

it('permissions add up, and the widest reach counts', () => {
  const all = [permission('*', 'read', 'all'), permission('deal', '*', 'own'), permission('deal', 'update', 'team')];
  expect(effective(all, 'deal', 'read')).toEqual({ reach: 'all', isOwn: false });
  expect(effective(all, 'deal', 'update')).toEqual({ reach: 'team', isOwn: true });
  expect(effective(all, 'deal', 'delete')).toEqual({ reach: 'own', isOwn: false });
  expect(effective(all, 'company', 'update')).toEqual({ reach: null, isOwn: false });
});
