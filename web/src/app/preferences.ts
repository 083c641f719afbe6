import { useSyncExternalStore } from 'react';

/** What a person has chosen for this browser. No credential is ever kept here. */
export interface Preferences {
  language: 'en' | 'de';
  density: 'comfortable' | 'compact';
}

const KEY = 'kontor.preferences';
const listeners = new Set<() => void>();

function read(): Preferences {
  const language = navigator.language.startsWith('de') ? 'de' : 'en';
  try {
    return { language, density: 'comfortable', ...JSON.parse(localStorage.getItem(KEY) ?? '{}') };
  } catch {
    return { language, density: 'comfortable' };
  }
}

let current = read();

export function preferences(): Preferences {
  return current;
}

export function prefer(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  localStorage.setItem(KEY, JSON.stringify(current));
  for (const tell of listeners) tell();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
    () => current,
  );
}
