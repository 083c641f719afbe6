import { toGroup } from '~/features/list/conditions';
import { type Group, isGroup, readGroup, toFilter } from '~/features/list/filter';
import type { Definition, SavedView } from '~/features/list/views';

/** What a board shows, as its address says it. */
export interface BoardSearch {
  /** The field whose values are the columns. */
  by?: string;
  pipeline?: string;
  owner?: string;
  q?: string;
  filter?: Group;
  /** The saved view that this is, or was before something was changed. */
  saved?: string;
}

export function readBoard(search: Record<string, unknown>): BoardSearch {
  const text = (value: unknown) => (value === undefined || value === '' ? undefined : String(value));
  return {
    by: text(search.by),
    pipeline: text(search.pipeline),
    owner: text(search.owner),
    q: text(search.q),
    filter: readGroup(search.filter),
    saved: text(search.saved),
  };
}

/** Conditions that have a place of their own above a board. */
const PLACES = { pipeline: 'pipeline_id', owner: 'owner_id' } as const;

/** What a board is to show for a saved view. */
export function boardOf(saved: SavedView): BoardSearch {
  const { group_by: by, filter, q } = saved.definition ?? {};
  const search: BoardSearch = { saved: saved.id, by, q };
  let group = toGroup(filter);
  if (group?.join === 'and' && !group.not) {
    for (const place of ['pipeline', 'owner'] as const) {
      const found: Group['parts'][number] | undefined = group.parts.find(
        (part) => !isGroup(part) && part.field === PLACES[place] && part.op === 'eq',
      );
      if (!found || isGroup(found)) continue;
      search[place] = String(found.value);
      group = { ...group, parts: group.parts.filter((part) => part !== found) };
    }
  }
  if (group && group.parts.length > 0) search.filter = group;
  return search;
}

/** What is kept of a board that is shown by a field. */
export function boardDefinition(search: BoardSearch, by: string): Definition {
  const places = (['pipeline', 'owner'] as const).flatMap((place) =>
    search[place] ? [{ field: PLACES[place], op: 'eq', value: search[place] }] : [],
  );
  const filter = toFilter({ join: 'and', parts: [...places, ...(search.filter ? [search.filter] : [])] });
  return { group_by: by, filter, q: search.q };
}
