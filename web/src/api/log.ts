/** A request that the page made, as the developers' drawer shows it. */
export interface Asked {
  at: number;
  method: string;
  path: string;
  body?: string;
  status: number;
  ms: number;
  requestId: string;
}

const KEPT = 40;
let asked: Asked[] = [];
const listeners = new Set<() => void>();

export function remember(request: Asked): void {
  asked = [request, ...asked].slice(0, KEPT);
  for (const tell of listeners) tell();
}

export function requests(): Asked[] {
  return asked;
}

export function onRequest(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

/** The same request for a shell, the key named and not told. */
export function curl(request: Pick<Asked, 'method' | 'path' | 'body'>, origin: string): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = ['curl -s -g'];
  if (request.method !== 'GET') parts.push(`-X ${request.method}`);
  parts.push(quoted(origin + request.path), '-H "Authorization: Bearer $KEY"');
  if (request.body !== undefined) parts.push("-H 'Content-Type: application/json'", `-d ${quoted(request.body)}`);
  return parts.join(' ');
}
