/** Opens Ctrl-K from anywhere; the palette's own code arrives when it is first asked for. */
const listeners = new Set<() => void>();

export function openPalette(): void {
  for (const tell of listeners) tell();
}

export function onOpenPalette(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}
