import { useSyncExternalStore } from 'react';
import type { View } from './view';

/** A person's own views of an object, kept in this browser. Each is a link, too, and can be sent to a colleague. */
export interface Saved {
  name: string;
  view: View;
}

const key = (object: string) => `kontor.views.${object}`;
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

const NONE: Saved[] = [];
const NO_WIDTHS: Record<string, number> = {};

export function useSavedViews(object: string): Saved[] {
  return useKept(key(object), NONE);
}

export function saveView(object: string, saved: Saved): void {
  const others = read<Saved[]>(key(object), NONE).filter((one) => one.name !== saved.name);
  write(key(object), [...others, saved]);
}

export function forgetView(object: string, name: string): void {
  write(
    key(object),
    read<Saved[]>(key(object), NONE).filter((one) => one.name !== name),
  );
}

export function useWidths(object: string): Record<string, number> {
  return useKept(widthsKey(object), NO_WIDTHS);
}

export function setWidth(object: string, path: string, width: number): void {
  write(widthsKey(object), { ...read(widthsKey(object), NO_WIDTHS), [path]: Math.round(width) });
}
