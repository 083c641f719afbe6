import { preferences } from '~/app/preferences';

/** ISO 3166-1 alpha-2, as far as browsers have names for them. */
const A_TO_Z = Array.from({ length: 26 }, (_, i) => String.fromCharCode(65 + i));

interface Choice {
  value: string;
  label: string;
}

const kept = new Map<string, Choice[]>();

function once(key: string, make: () => Choice[]): Choice[] {
  const full = `${key} ${preferences().language}`;
  const there = kept.get(full);
  if (there) return there;
  const fresh = make().sort((a, b) => a.label.localeCompare(b.label));
  kept.set(full, fresh);
  return fresh;
}

/** Countries by name; codes that name none are left out. */
export function countries(): Choice[] {
  return once('countries', () => {
    const names = new Intl.DisplayNames([preferences().language], { type: 'region', fallback: 'none' });
    const codes = A_TO_Z.flatMap((a) => A_TO_Z.map((b) => a + b)).filter((code) => !NOT_COUNTRIES.has(code));
    return codes.flatMap((value) => {
      const label = names.of(value);
      return label ? [{ value, label }] : [];
    });
  });
}

/** Codes that browsers have a name for and ISO 3166-1 has not. */
const NOT_COUNTRIES = new Set([
  'AC',
  'AN',
  'BU',
  'CP',
  'CQ',
  'CS',
  'DD',
  'DG',
  'EA',
  'EU',
  'EZ',
  'FX',
  'IC',
  'NT',
  'QO',
  'SU',
  'TA',
  'TP',
  'UK',
  'UN',
  'XA',
  'XB',
  'XK',
  'YD',
  'YU',
  'ZR',
  'ZZ',
]);

/** ISO 4217, with the codes in front: people type them. */
export function currencies(): Choice[] {
  return once('currencies', () => {
    const names = new Intl.DisplayNames([preferences().language], { type: 'currency' });
    return Intl.supportedValuesOf('currency').map((value) => ({ value, label: `${value} ${names.of(value) ?? ''}` }));
  });
}
