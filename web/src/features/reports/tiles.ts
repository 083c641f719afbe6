import type { Tile } from './data';

const WIDE = 12;

/** Row by row, from the left. */
export function inReadingOrder(tiles: Tile[]): Tile[] {
  return [...tiles].sort((a, b) => a.y - b.y || a.x - b.x);
}

/** Places in reading order: as many in a row as fit, each row as high as its highest. */
export function placed(tiles: Tile[]): Tile[] {
  let [x, y, high] = [0, 0, 0];
  return tiles.map((tile) => {
    if (x + tile.width > WIDE) [x, y, high] = [0, y + high, 0];
    const at = { ...tile, x, y };
    x += tile.width;
    high = Math.max(high, tile.height);
    return at;
  });
}

export function moved(tiles: Tile[], at: number, by: number): Tile[] {
  const next = [...tiles];
  const [tile] = next.splice(at, 1);
  if (tile) next.splice(at + by, 0, tile);
  return next;
}

export function resized(tiles: Tile[], at: number, by: number): Tile[] {
  return tiles.map((tile, i) => (i === at ? { ...tile, width: Math.min(WIDE, Math.max(2, tile.width + by)) } : tile));
}
