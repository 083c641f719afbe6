import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useCatalog } from '~/api/catalog';
import { follow } from '~/api/live';
import { refresh } from '~/features/list/bulk';

/** Changes that come together are looked at once. */
const TOGETHER_MS = 600;

/** What others change appears: whatever shows records of an object is asked anew after its events. */
export function Live() {
  const catalog = useCatalog();
  const client = useQueryClient();
  useEffect(() => {
    const changed = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = follow((event) => {
      changed.add(event.subject.split('/')[0] ?? '');
      timer ??= setTimeout(() => {
        timer = undefined;
        for (const plural of changed) {
          const def = catalog.collection(plural);
          if (def) refresh(client, def);
        }
        // A chart may count anything: those that are shown are asked anew, whatever changed.
        void client.invalidateQueries({ queryKey: ['related', 'dashboard'] });
        void client.invalidateQueries({ queryKey: ['related', 'report'] });
        changed.clear();
      }, TOGETHER_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [catalog, client]);
  return null;
}
