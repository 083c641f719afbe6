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

/** Splits what came of a stream of server-sent events (HTML, 9.2.6) into whole events and the rest. */
export function eventsOf(text: string): { events: { id?: string; data: string }[]; rest: string } {
  const parts = text.replaceAll('\r\n', '\n').split('\n\n');
  const rest = parts.pop() ?? '';
  const events = parts.flatMap((part) => {
    const lines = part.split('\n');
    const value = (name: string) =>
      lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ''));
    const data = value('data').join('\n');
    return data ? [{ id: value('id').at(-1), data }] : [];
  });
  return { events, rest };
}

/**
 * Follows the event log from now on; `params` say which events, as the log takes them. The browser's own EventSource cannot say who asks, so the stream is read by fetch.
 * A server that has no stream, or a caller who may not follow it, is left alone.
 */
export function follow(tell: (event: LiveEvent) => void, params = new URLSearchParams()): () => void {
  const stop = new AbortController();
  let last: string | undefined;
  let wait = FIRST_WAIT_MS;
  const read = async (): Promise<boolean> => {
    const token = await credential();
    if (!token) return false;
    const headers: Record<string, string> = { accept: 'text/event-stream', authorization: `Bearer ${token}` };
    if (last) headers['last-event-id'] = last;
    const response = await fetch(`/v1/events/stream${params.size > 0 ? `?${params}` : ''}`, {
      headers,
      signal: stop.signal,
      credentials: 'omit',
    });
    heard(true);
    if (response.status === 401 || response.status === 429 || response.status >= 500) return true;
    if (!response.ok || !response.body) return false;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return true;
      wait = FIRST_WAIT_MS;
      const { events, rest } = eventsOf(text + value);
      text = rest;
      for (const event of events) {
        last = event.id ?? last;
        try {
          tell(JSON.parse(event.data) as LiveEvent);
        } catch {
          // A line that is no event says nothing about records.
        }
      }
    }
  };
  const run = async () => {
    while (!stop.signal.aborted) {
      try {
        if (!(await read())) return;
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
