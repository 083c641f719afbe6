import { useEffect, useMemo, useSyncExternalStore } from 'react';

/** Something that the page can do, offered by its name in Ctrl-K for as long as the page is there. */
export interface Doing {
  id: string;
  label: string;
  run: () => void;
}

const offers = new Map<object, Doing[]>();
const listeners = new Set<() => void>();
let all: Doing[] = [];

function changed(): void {
  all = [...offers.values()].flat();
  for (const tell of listeners) tell();
}

/** Offers what a part of the page does. */
export function useOffer(doings: Doing[]): void {
  const key = useMemo(() => ({}), []);
  useEffect(() => {
    offers.set(key, doings);
    changed();
  }, [key, doings]);
  useEffect(
    () => () => {
      offers.delete(key);
      changed();
    },
    [key],
  );
}

/** Everything that is offered now. */
export function useOffered(): Doing[] {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
    () => all,
  );
}
