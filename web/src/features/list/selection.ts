import { useMemo, useState } from 'react';

/** Records that were marked in a list. */
export interface Selection {
  ids: string[];
  size: number;
  has: (id: string) => boolean;
  toggle: (id: string) => void;
  add: (ids: string[]) => void;
  clear: () => void;
}

export function useSelection(): Selection {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  return useMemo(
    () => ({
      ids: [...chosen],
      size: chosen.size,
      has: (id) => chosen.has(id),
      toggle: (id) =>
        setChosen((before) => {
          const next = new Set(before);
          if (!next.delete(id)) next.add(id);
          return next;
        }),
      add: (ids) => setChosen((before) => new Set([...before, ...ids])),
      clear: () => setChosen(new Set()),
    }),
    [chosen],
  );
}
