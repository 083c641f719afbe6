import { type FieldDef, fields, type ObjectDef } from '~/api/catalog';

/** What columns are called elsewhere for what is here. */
const ALSO: Record<string, string[]> = {
  name: ['company name', 'account', 'account name', 'firma', 'organisation', 'organization', 'title'],
  first_name: ['given name', 'vorname', 'firstname'],
  last_name: ['surname', 'family name', 'nachname', 'lastname'],
  email: ['e mail', 'mail', 'email address', 'e mail address'],
  phone: ['telephone', 'phone number', 'tel', 'telefon'],
  city: ['town', 'ort', 'stadt'],
  country: ['land', 'country code'],
  amount: ['value', 'deal value', 'close value', 'betrag'],
  external_id: ['id', 'key', 'external key'],
  website: ['url', 'homepage', 'web'],
};

const plain = (text: string) =>
  text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();

/** Fields that an import may fill. */
export function fillable(def: ObjectDef): FieldDef[] {
  return fields(def).filter((field) => !field.read_only && !['version', 'id'].includes(field.path));
}

/** Column → field, as far as names say it; each field once. */
export function guess(def: ObjectDef, columns: string[]): Record<string, string> {
  const taken = new Set<string>();
  const mapping: Record<string, string> = {};
  const names = fillable(def).map((field) => ({
    path: field.path,
    words: [field.name, field.path, field.label, ...(ALSO[field.name] ?? [])].map((word) =>
      plain(word.replace(/^custom\./, '')),
    ),
  }));
  for (const column of columns) {
    const wanted = plain(column);
    const found = names.find((one) => !taken.has(one.path) && one.words.includes(wanted));
    if (found) {
      taken.add(found.path);
      mapping[column] = found.path;
    }
  }
  return mapping;
}
