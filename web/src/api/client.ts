import { credential, otherWasRefused } from '~/session/tokens';
import { remember } from './log';
import { Offline, problemOf } from './problem';
import { watch } from './slow';

export interface Page {
  limit: number;
  offset?: number;
  has_more: boolean;
  next_cursor?: string | null;
  total?: number;
  total_is_minimum?: boolean;
}

export interface Answer<T> {
  data: T;
  page?: Page;
  /** The version of a single record, in quotes. */
  etag: string | null;
  requestId: string;
}

export interface Ask {
  body?: unknown;
  /** A file or form, sent as it is. */
  form?: FormData;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

let ended: () => void = () => {};

/** Told when the session has ended and a request could not be made. */
export function onSessionEnd(tell: () => void): void {
  ended = tell;
}

let isAway = false;
const watchers = new Set<() => void>();

/** Whether the last thing asked of the server had no answer. */
export function serverIsAway(): boolean {
  return isAway;
}

export function onAway(tell: () => void): () => void {
  watchers.add(tell);
  return () => watchers.delete(tell);
}

/** Notes that the server answered, or that it did not. */
export function heard(answered: boolean): void {
  if (isAway === !answered) return;
  isAway = !answered;
  for (const tell of watchers) tell();
}

async function send(method: string, path: string, ask: Ask, token: string | undefined): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json', ...ask.headers };
  if (token) headers.authorization = `Bearer ${token}`;
  if (ask.body !== undefined) headers['content-type'] = 'application/json';
  const body = ask.form ?? (ask.body === undefined ? undefined : JSON.stringify(ask.body));
  const begun = performance.now();
  // Files take as long as they are large, and say so where they are sent.
  const answered = ask.form ? () => {} : watch();
  let response: Response;
  try {
    response = await fetch(path, { method, headers, body, signal: ask.signal, credentials: 'omit' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    heard(false);
    throw new Offline('no answer');
  } finally {
    answered();
  }
  heard(true);
  remember({
    at: Date.now(),
    method,
    path,
    body: ask.body === undefined ? undefined : JSON.stringify(ask.body),
    status: response.status,
    ms: Math.round(performance.now() - begun),
    requestId: response.headers.get('x-request-id') ?? '',
  });
  return response;
}

/** Asks the API as it is; a 401 is asked once more with a new token. */
export async function raw(method: string, path: string, ask: Ask = {}): Promise<Response> {
  let response = await send(method, path, ask, await credential());
  if (response.status === 401 && otherWasRefused()) throw await problemOf(response);
  if (response.status === 401) {
    const token = await credential(true);
    if (token) response = await send(method, path, ask, token);
    if (response.status === 401) ended();
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** Asks the API: `data` of its answer, with page and version. */
export async function api<T>(method: string, path: string, ask: Ask = {}): Promise<Answer<T>> {
  const response = await raw(method, path, ask);
  const body = (await response.json()) as { data: T; meta?: { request_id?: string; page?: Page } };
  return {
    data: body.data,
    page: body.meta?.page,
    etag: response.headers.get('etag'),
    requestId: body.meta?.request_id ?? '',
  };
}

/** `data` alone. */
export async function ask<T>(
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<T> {
  return (await api<T>(method, path, { body, headers })).data;
}

/** Gives the answer to the browser as a file. */
export async function download(path: string, name: string, accept: string): Promise<void> {
  const response = await raw('GET', path, { headers: { accept } });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
