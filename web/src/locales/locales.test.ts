import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import de from './de.json';
import en from './en.json';

type Tree = { [key: string]: string | Tree };

/** Words of the catalog itself, which a language may have or not. */
const OPTIONAL = ['values', 'actions', 'fields', 'objects'];

function keys(tree: Tree, before = ''): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [before + key] : keys(value, `${before}${key}.`),
  );
}

const required = (tree: Tree) => keys(tree).filter((key) => !OPTIONAL.includes(key.split('.')[0] ?? ''));

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.tsx?$/.test(name) && !name.endsWith('.test.ts') ? [readFileSync(path, 'utf8')] : [];
  });
}

it('German says all that English says', () => {
  expect(required(de as Tree).sort()).toEqual(required(en as Tree).sort());
});

it('every text that a page asks for is there', () => {
  const known = new Set(keys(en as Tree).map((key) => key.replace(/_(one|other)$/, '')));
  const all = sources(join(import.meta.dirname, '..')).join('\n');
  const asked = [...all.matchAll(/\bt\(\s*'([^']+)'/g)].map((match) => match[1] ?? '');
  expect(asked.length).toBeGreaterThan(200);
  expect(asked.filter((key) => !known.has(key))).toEqual([]);
});

it('placeholders are the same in both', () => {
  const at = (tree: Tree, key: string) => key.split('.').reduce<unknown>((value, part) => (value as Tree)[part], tree);
  const holes = (text: unknown) => (String(text).match(/\{\{\w+\}\}/g) ?? []).sort();
  for (const key of required(en as Tree)) expect(holes(at(de as Tree, key)), key).toEqual(holes(at(en as Tree, key)));
});
