import { useSyncExternalStore } from 'react';

/** Widths of columns are kept in this browser: they fit one screen. */
const widthsKey = (object: string) => `kontor.widths.${object}`;
const listeners = new Set<() => void>();
const cache = new Map<string, unknown>();

function read<T>(name: string, otherwise: T): T {
  if (!cache.has(name)) {
    try {
      cache.set(name, JSON.parse(localStorage.getItem(name) ?? 'null') ?? otherwise);
    } catch {
      cache.set(name, otherwise);
    }
  }
  return cache.get(name) as T;
}

function write(name: string, value: unknown): void {
  cache.set(name, value);
  localStorage.setItem(name, JSON.stringify(value));
  for (const tell of listeners) tell();
}

function useKept<T>(name: string, otherwise: T): T {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
    () => read(name, otherwise),
  );
}

const NO_WIDTHS: Record<string, number> = {};

export function useWidths(object: string): Record<string, number> {
  return useKept(widthsKey(object), NO_WIDTHS);
}

export function setWidth(object: string, path: string, width: number): void {
  write(widthsKey(object), { ...read(widthsKey(object), NO_WIDTHS), [path]: Math.round(width) });
}
