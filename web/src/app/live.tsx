import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { type ObjectDef, useCatalog } from '~/api/catalog';
import { follow } from '~/api/live';
import { pagesKey } from '~/features/list/data';
import { bringIn, type News, note } from '~/features/list/news';

/** Changes that come together are looked at once. */
const TOGETHER_MS = 600;
/** Between two readings of everything that is in sight; longer where reading takes long. */
const CALM_MS = 1_500;
const MOST_CALM_MS = 30_000;
const BUSY = 5;

/** What others change appears: rows of lists are read again by themselves, what adds up many records at times. */
export function Live() {
  const catalog = useCatalog();
  const client = useQueryClient();
  useEffect(() => {
    let news = new Map<string, News>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const calm = new Calm();
    const look = () => {
      timer = undefined;
      const some = news;
      news = new Map();
      for (const [plural, one] of some) {
        const def = catalog.collection(plural);
        if (def) void tell(client, calm, def, one);
      }
    };
    const stop = follow((event) => {
      const plural = event.subject.split('/')[0] ?? '';
      const one = news.get(plural) ?? { ids: new Set(), changed: new Set(), isOther: false };
      note(one, event);
      news.set(plural, one);
      timer ??= setTimeout(look, TOGETHER_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
      calm.end();
    };
  }, [catalog, client]);
  return null;
}

async function tell(client: QueryClient, calm: Calm, def: ObjectDef, news: News): Promise<void> {
  const anew = (...queryKey: unknown[]) => client.invalidateQueries({ queryKey });
  for (const id of news.ids) void anew('record', def.name, id);
  calm.run(`board ${def.name}`, () => anew('board', def.name));
  calm.run(`related ${def.name}`, () => anew('related', def.name));
  // Lists that are no table: members of segments, notifications.
  calm.run(`list ${def.name}`, () =>
    client.invalidateQueries({ queryKey: ['list', def.name], predicate: ({ queryKey }) => queryKey[2] !== 'page' }),
  );
  calm.run(`totals ${def.name}`, () => anew('totals', def.name));
  // A chart may count anything: those that are shown are asked anew, whatever changed.
  calm.run('report', () => anew('related', 'report'));
  try {
    if (await bringIn(client, def, news)) calm.run(`pages ${def.name}`, () => anew(...pagesKey(def)));
  } catch {
    calm.run(`pages ${def.name}`, () => anew(...pagesKey(def)));
  }
}

/** Does things at once, but again only after a while: the longer one took, the later. */
class Calm {
  private readonly resting = new Map<string, { timer?: ReturnType<typeof setTimeout>; isAsked: boolean }>();
  private isOver = false;

  run(name: string, what: () => Promise<void>): void {
    const rest = this.resting.get(name);
    if (rest) rest.isAsked = true;
    else void this.go(name, what);
  }

  private async go(name: string, what: () => Promise<void>): Promise<void> {
    const rest: { timer?: ReturnType<typeof setTimeout>; isAsked: boolean } = { isAsked: false };
    this.resting.set(name, rest);
    const begun = performance.now();
    await what().catch(() => {});
    if (this.isOver) return;
    const took = performance.now() - begun;
    rest.timer = setTimeout(
      () => {
        this.resting.delete(name);
        if (rest.isAsked) this.run(name, what);
      },
      Math.min(MOST_CALM_MS, Math.max(CALM_MS, took * BUSY)),
    );
  }

  end(): void {
    this.isOver = true;
    for (const { timer } of this.resting.values()) clearTimeout(timer);
  }
}
