import { describe, expect, it } from 'vitest';
import { delimiterOf, rowsOf, sampleOf } from './csv';
import { guess } from './guess';

describe('a file of rows', () => {
  it('has quotes, doubled quotes and lines within a value', () => {
    expect(rowsOf('a,"b ""c"",\nd",e\r\nf,,g', ',')).toEqual([
      ['a', 'b "c",\nd', 'e'],
      ['f', '', 'g'],
    ]);
  });

  it.each([
    ['a;b;c\n1;2;3', ';'],
    ['a\tb\n1\t2', '\t'],
    ['a,b;c\n', ','],
    ['one\n', ','],
  ])('%j is split by %j', (text, delimiter) => expect(delimiterOf(text)).toBe(delimiter));

  it('is told by its heading and a few rows', () => {
    expect(sampleOf('\uFEFFName;Ort\nA;B\n\nC;D\n', 1)).toEqual({ columns: ['Name', 'Ort'], rows: [['A', 'B']] });
  });
});

describe('the guessed mapping', () => {
  const field = (path: string, label: string) =>
    ({ path, name: path, label, read_only: false, retired: false, type: 'text' }) as never;
  const def = {
    fields: [
      field('name', 'Name'),
      field('city', 'City'),
      field('company_id', 'Company'),
      field('custom.score', 'Score'),
    ],
  } as never;

  it('goes by names and labels, and takes each field once', () => {
    expect(guess(def, ['NAME', 'City', 'town', 'company', 'Score'])).toEqual({
      NAME: 'name',
      City: 'city',
      company: 'company_id',
      Score: 'custom.score',
    });
  });
});
