import type { FieldDef, ObjectDef } from '~/api/catalog';
import { field as findField } from '~/api/catalog';
import { type Answer, api, ask } from '~/api/client';
import { type Row, valueAt } from '~/api/record';
import type { Question } from './data';
import { allOf, type Filter } from './filter';

export const PAGE = 100;
/** The farthest that an offset reaches (api.md 6). */
export const REACH = 100_000;
/** Up to here an offset costs no more than a cursor, and says where rows are when others come and go. */
const NEAR = 10_000;

/** Rows of a page, and whether others follow. */
export interface Rows {
  data: Row[];
  hasMore: boolean;
}

/** From row `base` of the rising order on stand those, and only those, that meet `from`: `left` of them. */
interface Mark {
  base: number;
  from: Filter | undefined;
  left: number | undefined;
}

const BEGIN: Mark = { base: 0, from: undefined, left: undefined };

type Ask = (body: object, signal?: AbortSignal) => Promise<Answer<Row[]>>;
type Count = (filter: Filter | undefined) => Promise<number>;

/**
 * Reads a list at any place. Offsets reach a hundred thousand rows from either end; between them the list is cut by
 * conditions on what it is sorted by, and each cut is counted, so that places stay exact whatever ties there are.
 */
export class Jumps {
  private readonly cursors = new Map<number, string>();
  private marks: Mark[] = [{ ...BEGIN }];
  private readonly sort: string;
  private readonly key: FieldDef | undefined;
  private readonly ask: Ask;
  private readonly count: Count;

  constructor(
    def: ObjectDef,
    private readonly question: Question,
    doors: { ask: Ask; count: Count } = doorsOf(def, question),
    private readonly reach = REACH,
  ) {
    this.sort = question.sort?.[0] ?? '-created_at';
    this.key = findField(def, this.sort.replace(/^-/, ''));
    this.ask = doors.ask;
    this.count = doors.count;
  }

  /** Whether the end can be reached without all that is before it: not in what is ordered by closeness. */
  get isEven(): boolean {
    return !(this.question.q && !this.question.sort) && this.key?.operators.includes('gte') === true;
  }

  /** Rows have come or gone: where rows stood is no longer known. */
  forget(): void {
    this.cursors.clear();
    this.marks = [{ ...BEGIN }];
  }

  /** A page by its number; `total` is how many rows there are, where that is known. */
  async page(number: number, total: number | undefined, signal?: AbortSignal): Promise<Rows> {
    const first = number * PAGE;
    const cursor = first > NEAR ? this.cursors.get(first) : undefined;
    const behind = total === undefined ? 0 : total - first;
    if (!cursor && first > this.reach - PAGE && total !== undefined && this.isEven) {
      if (behind <= 0) return { data: [], hasMore: false };
      const length = Math.min(PAGE, behind);
      const isFalling = this.sort.startsWith('-');
      if (behind <= this.reach) {
        const sort = [isFalling ? this.sort.slice(1) : `-${this.sort}`];
        const body = { ...this.question, sort, limit: length, offset: behind - length };
        return { data: (await this.ask(body, signal)).data.reverse(), hasMore: behind > length };
      }
      const rising = isFalling ? behind - length : first;
      const mark = await this.markBefore(rising, signal);
      const sort = [this.sort.replace(/^-/, '')];
      const filter = allOf(this.question.filter, mark.from);
      const body = { ...this.question, filter, sort, limit: length, offset: Math.min(this.reach, rising - mark.base) };
      const { data } = await this.ask(body, signal);
      return { data: isFalling ? data.reverse() : data, hasMore: true };
    }
    const place = cursor ? { cursor } : { offset: Math.min(first, this.reach) };
    const answer = await this.ask({ ...this.question, limit: PAGE, ...place }, signal);
    const hasMore = answer.page?.has_more ?? false;
    if (answer.page?.next_cursor) this.cursors.set(first + PAGE, answer.page.next_cursor);
    return { data: answer.data, hasMore };
  }

  /** A mark that is less than an offset before a row of the rising order. */
  private async markBefore(row: number, signal?: AbortSignal): Promise<Mark> {
    for (;;) {
      const mark = this.marks.findLast((one) => one.base <= row) ?? BEGIN;
      if (row - mark.base <= this.reach) return mark;
      const next = await this.hop(mark, signal);
      if (next.base <= mark.base) return mark;
      this.marks = [...this.marks.filter((one) => one.base !== next.base), next].sort((a, b) => a.base - b.base);
    }
  }

  private async hop(mark: Mark, signal?: AbortSignal): Promise<Mark> {
    const key = this.key?.path ?? 'created_at';
    const filter = allOf(this.question.filter, mark.from);
    const body = { ...this.question, filter, sort: [key], fields: [key, 'created_at'], expand: undefined };
    const { data } = await this.ask({ ...body, limit: 1, offset: this.reach }, signal);
    const row = data[0];
    if (!row) return mark;
    mark.left ??= await this.count(filter);
    for (const from of cuts(key, valueAt(row, key), row.created_at)) {
      const left = await this.count(allOf(this.question.filter, from));
      if (left < mark.left) return { base: mark.base + mark.left - left, from, left };
    }
    return mark;
  }
}

/** Conditions that cut a list before a row: by what it is sorted by, or where very many have the same, by age as well. */
function cuts(key: string, value: unknown, made: unknown): Filter[] {
  const isNone = value === null || value === undefined;
  const same: Filter = isNone ? { field: key, op: 'is_null', value: true } : { field: key, op: 'eq', value };
  const beyond: Filter = isNone ? { field: key, op: 'is_null', value: false } : { field: key, op: 'gt', value };
  const from = { field: key, op: 'gte', value };
  const byAge = { or: [beyond, { and: [same, { field: 'created_at', op: 'gte', value: made }] }] };
  return isNone ? [byAge] : [from, byAge];
}

function doorsOf(def: ObjectDef, question: Question): { ask: Ask; count: Count } {
  return {
    ask: (body, signal) => api<Row[]>('POST', `/v1/${def.plural}/search`, { body, signal }),
    count: async (filter) => {
      const body = { q: question.q, filter, measures: [{ fn: 'count', as: 'n' }] };
      const rows = await ask<{ n: number }[]>('POST', `/v1/${def.plural}/aggregate`, body);
      return Number(rows[0]?.n ?? 0);
    },
  };
}
