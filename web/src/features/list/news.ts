import type { QueryClient, QueryKey } from '@tanstack/react-query';
import type { ObjectDef } from '~/api/catalog';
import { api } from '~/api/client';
import type { LiveEvent } from '~/api/live';
import type { Row } from '~/api/record';
import { pagesKey, patchPage, type Question } from './data';
import { allOf } from './filter';
import type { Rows } from './jumps';

/** What happened to the records of an object since it was looked at last. */
export interface News {
  ids: Set<string>;
  /** Fields that have other values now. */
  changed: Set<string>;
  /** Records came or went, or nothing is said of what changed. */
  isOther: boolean;
}

/** Adds an event to what is known. */
export function note(news: News, event: LiveEvent): void {
  const id = event.subject.split('/')[1];
  if (id) news.ids.add(id);
  const { changed } = (event.data ?? {}) as { changed?: Record<string, unknown> | null };
  if (changed && typeof changed === 'object') for (const name of Object.keys(changed)) news.changed.add(name);
  else news.isOther = true;
}

/** Fields that say which records a list has, and in which order. */
export function ruling(question: Question): Set<string> {
  const paths = new Set((question.sort ?? []).map((path) => path.replace(/^-/, '')));
  const look = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(look);
    else if (typeof part === 'object' && part !== null) {
      const { field } = part as { field?: unknown };
      if (typeof field === 'string') paths.add(field);
      Object.values(part).forEach(look);
    }
  };
  look(question.filter);
  return paths;
}

/** Whether a list may have other records, or another order, after these changes. */
export function isMoved(question: Question, news: News): boolean {
  if (news.isOther || question.q) return true;
  const own = [...ruling(question)].flatMap((path) => {
    const first = path.split('.')[0] ?? path;
    return [path, first, `${first}_id`];
  });
  return own.some((path) => news.changed.has(path));
}

type Page = [QueryKey, Rows | undefined];

/**
 * Puts what changed into the lists that are shown: the records concerned are read again, nothing else. Answers whether
 * pages have to be asked anew, because records have come, gone or moved.
 */
export async function bringIn(client: QueryClient, def: ObjectDef, news: News): Promise<boolean> {
  const active = client.getQueryCache().findAll({ queryKey: pagesKey(def), type: 'active' });
  const seen: Page[] = active.map((query) => [query.queryKey, query.state.data as Rows | undefined]);
  // Pages out of sight are read again when they come into sight.
  void client.invalidateQueries({ queryKey: pagesKey(def), refetchType: 'none', type: 'inactive' });
  const questions = new Map(seen.map(([key]) => [JSON.stringify(key[3]), key[3] as Question]));
  let isStale = false;
  for (const [name, question] of questions) {
    const pages = seen.filter(([key]) => JSON.stringify(key[3]) === name);
    const shown = new Set(pages.flatMap(([, page]) => page?.data.map((row) => row.id) ?? []));
    const ids = [...news.ids].filter((id) => shown.has(id));
    isStale ||= isMoved(question, news);
    if (ids.length === 0) continue;
    const filter = allOf(question.filter, { field: 'id', op: 'in', value: ids });
    const body = { ...question, sort: undefined, filter, limit: ids.length };
    const { data } = await api<Row[]>('POST', `/v1/${def.plural}/search`, { body });
    const found = new Map(data.map((row) => [row.id, row]));
    for (const id of ids) {
      const row = found.get(id);
      if (!row) isStale = true;
      else for (const [key] of pages) client.setQueryData<Rows>(key, (page) => patchPage(page, id, () => row));
    }
  }
  return isStale && seen.length > 0;
}
