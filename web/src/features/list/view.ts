import { type FieldDef, fields, type ObjectDef, SYSTEM } from '~/api/catalog';
import { type Group, readGroup } from './filter';

/** What a list shows: all of it is in the address, so that a view is a link. */
export interface View {
  q?: string;
  filter?: Group;
  /** `-amount`; at most one is set by the headings. */
  sort?: string;
  /** Paths of the columns, in their order. */
  cols?: string[];
  /** The bin instead. */
  bin?: boolean;
  /** The saved view that this is, or was before something was changed. */
  saved?: string;
}

export function readView(search: Record<string, unknown>): View {
  const cols = Array.isArray(search.cols) ? search.cols.filter((path): path is string => typeof path === 'string') : [];
  return {
    q: search.q === undefined || search.q === '' ? undefined : String(search.q),
    filter: readGroup(search.filter),
    sort: typeof search.sort === 'string' ? search.sort : undefined,
    cols: cols.length > 0 ? cols.slice(0, 40) : undefined,
    bin: search.bin === true ? true : undefined,
    saved: typeof search.saved === 'string' ? search.saved : undefined,
  };
}

/** Fields that tell most, in the order of telling. */
const TELLING = [
  'status',
  'stage_id',
  'priority',
  'sla_status',
  'sla_next_at',
  'amount',
  'total',
  'amount_due',
  'weighted_amount',
  'company_id',
  'company_name',
  'contact_id',
  'customer_id',
  'email',
  'phone',
  'mobile',
  'title',
  'industry',
  'due_at',
  'due_date',
  'expected_close_date',
  'close_date',
  'issue_date',
  'order_date',
  'start_at',
  'assignee_id',
  'sku',
  'price',
  'customer_type',
  'lifecycle_stage',
  'score',
  'city',
  'country',
  'kind',
  'active',
  'owner_id',
];
/** What says nothing to people unless they ask for it. */
const QUIET = new Set(['external_id']);
const MOST = 8;

/** The columns of a list that nobody has chosen any for. */
export function defaultColumns(def: ObjectDef): string[] {
  const all = fields(def).filter((field) => !SYSTEM.has(field.path));
  const has = new Set(all.map((field) => field.path));
  const telling = TELLING.filter((path) => has.has(path) && path !== def.name_field);
  const own = all
    .filter((field) => (def.custom || field.custom) && field.path !== def.name_field && field.type !== 'json')
    .map((field) => field.path);
  const named = has.has(def.name_field) ? [def.name_field] : [];
  const rest = all
    .filter((field) => !['json', 'long_text'].includes(field.type) && !QUIET.has(field.path))
    .map((field) => field.path);
  const chosen = [...new Set([...named, ...telling, ...own, ...(telling.length + own.length < 3 ? rest : [])])];
  return chosen.slice(0, MOST);
}

/** The fields behind columns; those that are gone, or hidden from the caller, are passed over. */
export function columnsOf(def: ObjectDef, view: View): FieldDef[] {
  const known = new Map(fields(def).map((field) => [field.path, field]));
  const wanted = (view.cols ?? defaultColumns(def)).flatMap((path) => known.get(path) ?? []);
  return wanted.length > 0 ? wanted : fields(def).slice(0, 3);
}

/** Whether lists can be ordered by a field. */
export function isSortable(field: FieldDef): boolean {
  return !['json', 'tags', 'multi_enum', 'long_text'].includes(field.type);
}

/** The next order when a heading is chosen: up, down, none. */
export function nextSort(current: string | undefined, path: string): string | undefined {
  if (current === path) return `-${path}`;
  return current === `-${path}` ? undefined : path;
}

/** Width of a column in pixels that nobody has changed. */
export function defaultWidth(field: FieldDef, isName: boolean): number {
  if (isName) return 240;
  switch (field.type) {
    case 'bool':
      return 90;
    case 'integer':
    case 'decimal':
    case 'date':
    case 'country':
    case 'currency':
      return 120;
    case 'enum':
      return 130;
    case 'datetime':
      return 180;
    default:
      return 170;
  }
}
