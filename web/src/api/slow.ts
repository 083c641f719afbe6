/** A question that waits longer than this is slow. */
const PATIENCE_MS = 4_000;

let waiting = 0;
const watchers = new Set<() => void>();

function tell(): void {
  for (const watcher of watchers) watcher();
}

/** Whether something has been asked and not been answered for a while. */
export function serverIsSlow(): boolean {
  return waiting > 0;
}

export function onSlow(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Watches a question; the function ends the watch when its answer is there. */
export function watch(patience = PATIENCE_MS): () => void {
  let isSlow = false;
  const timer = setTimeout(() => {
    isSlow = true;
    waiting += 1;
    tell();
  }, patience);
  return () => {
    clearTimeout(timer);
    if (!isSlow) return;
    isSlow = false;
    waiting -= 1;
    tell();
  };
}
