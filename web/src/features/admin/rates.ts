/** One limit and what it leaves, as the fields of draft-ietf-httpapi-ratelimit-headers-11 say it. */
export interface Limit {
  name: string;
  /** Requests within so many seconds. */
  quota: number;
  seconds: number;
  left: number;
}

/** `"key";q=100;w=10, "day";q=50000;w=86400` as its items with their parameters. */
function items(field: string | null): Map<string, Record<string, number>> {
  const found = new Map<string, Record<string, number>>();
  for (const [, name = '', rest = ''] of (field ?? '').matchAll(/"([^"]+)"((?:;\w+=-?\d+)*)/g)) {
    const params = [...rest.matchAll(/;(\w+)=(-?\d+)/g)].map(([, key = '', value]) => [key, Number(value)] as const);
    found.set(name, Object.fromEntries(params));
  }
  return found;
}

/** The limits that answers name, each once, by their policies and what is left; the last one counts. */
export function limitsOf(answers: [policy: string | null, left: string | null][]): Limit[] {
  const limits = new Map<string, Limit>();
  for (const [policy, left] of answers) {
    const rest = items(left);
    for (const [name, { q = 0, w = 0 }] of items(policy))
      limits.set(name, { name, quota: q, seconds: w, left: rest.get(name)?.r ?? q });
  }
  return [...limits.values()];
}
