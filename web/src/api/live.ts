import { credential } from '~/session/tokens';
import { heard } from './client';

/** One event of the log, as CloudEvents 1.0 name it. */
export interface LiveEvent {
  id: string;
  type: string;
  /** `deals/1045…` */
  subject: string;
  /** Its number in the log of the space. */
  sequence: string;
  time: string;
  data: unknown;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** A message of a stream of server-sent events. */
export interface Message {
  id?: string;
  /** What it is called; nothing where it has no name. */
  event?: string;
  data: string;
}

/** Splits what came of a stream of server-sent events (HTML, 9.2.6) into whole messages and the rest; one without data has only an id. */
export function messagesOf(text: string): { messages: Message[]; rest: string } {
  const parts = text.replaceAll('\r\n', '\n').split('\n\n');
  const rest = parts.pop() ?? '';
  const messages = parts.flatMap((part) => {
    const lines = part.split('\n');
    const value = (name: string) =>
      lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ''));
    const [id, event, data] = [value('id').at(-1), value('event').at(-1), value('data').join('\n')];
    return data || id ? [{ id, event, data }] : [];
  });
  return { messages, rest };
}

/**
 * Listens to a stream of server-sent events, and again with the last id when it breaks. The browser's own EventSource cannot say who asks, so the stream is read by fetch.
 * A server that has no stream, or a caller who may not follow it, is left alone: `refused` is told.
 */
export function listen(path: string, tell: (message: Message) => void, refused: () => void = () => {}): () => void {
  const stop = new AbortController();
  let last: string | undefined;
  let wait = FIRST_WAIT_MS;
  const read = async (): Promise<boolean> => {
    const token = await credential();
    if (!token) return false;
    const headers: Record<string, string> = { accept: 'text/event-stream', authorization: `Bearer ${token}` };
    if (last) headers['last-event-id'] = last;
    const response = await fetch(path, { headers, signal: stop.signal, credentials: 'omit' });
    heard(true);
    if (response.status === 401 || response.status === 429 || response.status >= 500) return true;
    // The log no longer has what came after it: from now on, then.
    if (response.status === 400 && last) {
      last = undefined;
      return true;
    }
    if (!response.ok || !response.body) return false;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return true;
      wait = FIRST_WAIT_MS;
      const { messages, rest } = messagesOf(text + value);
      text = rest;
      for (const message of messages) {
        last = message.id ?? last;
        if (message.data) tell(message);
      }
    }
  };
  const run = async () => {
    while (!stop.signal.aborted) {
      try {
        if (!(await read())) return refused();
      } catch {
        if (stop.signal.aborted) return;
        heard(false);
      }
      await new Promise((go) => setTimeout(go, wait));
      wait = Math.min(LONGEST_WAIT_MS, wait * 2);
    }
  };
  void run();
  return () => stop.abort();
}

/** What a message says, as JSON; undefined when it is none. */
export function saidBy<T>(message: Message): T | undefined {
  try {
    return JSON.parse(message.data) as T;
  } catch {
    return undefined;
  }
}

/** Follows the event log from now on; `params` say which events, as the log takes them. */
export function follow(tell: (event: LiveEvent) => void, params = new URLSearchParams()): () => void {
  return listen(`/v1/events/stream${params.size > 0 ? `?${params}` : ''}`, (message) => {
    const event = saidBy<LiveEvent>(message);
    if (event) tell(event);
  });
}
