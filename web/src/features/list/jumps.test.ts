import { expect, it } from 'vitest';
import type { ObjectDef } from '~/api/catalog';
import type { Row } from '~/api/record';
import { Jumps, PAGE } from './jumps';

const SIZE = 45_000;
const FAR = 10_000;
const def = {
  name: 'contact',
  plural: 'contacts',
  fields: ['created_at', 'city'].map((path) => ({ path, operators: ['eq', 'gte'], retired: false })),
} as unknown as ObjectDef;

type F = Record<string, unknown> | undefined;

/** A list of many rows, most of them of one city, as the API answers it. */
function doors(city: (n: number) => string | null) {
  const meets = (filter: F, n: number): boolean => {
    if (!filter) return true;
    if (filter.and) return (filter.and as F[]).every((one) => meets(one, n));
    if (filter.or) return (filter.or as F[]).some((one) => meets(one, n));
    const value = filter.field === 'city' ? city(n) : n;
    if (filter.op === 'is_null') return (value === null) === filter.value;
    if (value === null) return false;
    const than = filter.value as string | number;
    return filter.op === 'eq' ? value === than : filter.op === 'gt' ? value > than : value >= than;
  };
  const sorted = Array.from({ length: SIZE }, (_, n) => n);
  const order = (key: string) => [...sorted].sort((a, b) => compare(key, a, b) || a - b);
  const compare = (key: string, a: number, b: number) => {
    if (key !== 'city') return 0;
    const [x, y] = [city(a) ?? '', city(b) ?? ''];
    return x < y ? -1 : x > y ? 1 : 0;
  };
  const rising = { city: order('city'), created_at: sorted };
  let asked = 0;
  return {
    asked: () => asked,
    rising,
    ask: async (body: object) => {
      asked += 1;
      const { sort, filter, limit, offset } = body as { sort?: string[]; filter?: F; limit: number; offset: number };
      if (offset > FAR) throw new Error('too far');
      const by = sort?.[0] ?? '-created_at';
      const all = rising[by.replace('-', '') as 'city'].filter((n) => meets(filter, n));
      if (by.startsWith('-')) all.reverse();
      const some = all.slice(offset, offset + limit);
      const data = some.map((n) => ({ id: String(n), city: city(n), created_at: n }) as unknown as Row);
      const has_more = offset + limit < all.length;
      return { data, page: { limit, has_more, next_cursor: null }, etag: null, requestId: '' };
    },
    count: async (filter: F) => sorted.filter((n) => meets(filter, n)).length,
  };
}

const CITIES = (n: number) => (n % 10 === 0 ? null : n % 3 === 0 ? `city ${n % 7}` : 'Berlin');

for (const sort of [undefined, 'city', '-city', 'created_at']) {
  it(`finds any row of a list by ${sort ?? 'age'}`, async () => {
    const server = doors(CITIES);
    const jumps = new Jumps(def, { fields: [], sort: sort ? [sort] : undefined } as never, server, FAR);
    const by = (sort ?? '-created_at').replace('-', '') as 'city';
    const all = [...server.rising[by]];
    if ((sort ?? '-').startsWith('-')) all.reverse();
    for (const number of [0, 99, 225, 140, 310, 448, 449]) {
      const { data, hasMore } = await jumps.page(number, SIZE);
      expect(data.map((row) => Number(row.id))).toEqual(all.slice(number * PAGE, (number + 1) * PAGE));
      expect(hasMore).toBe(number < 449);
    }
    expect(server.asked()).toBeLessThan(20);
  });
}
