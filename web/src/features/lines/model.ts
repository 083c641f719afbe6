import type { Row } from '~/api/record';

/** A line as it is edited: every value a text, so that what is half typed is kept. */
export interface Draft {
  /** Names the row on the page; the id once the server has given one. */
  key: string;
  id?: string;
  product_id: string | null;
  description: string;
  quantity: string;
  unit_price: string;
  /** Per cent. */
  discount: string;
  tax_rate_id: string | null;
  total?: string | null;
}

const text = (value: unknown) => (value === null || value === undefined ? '' : String(value));

/** `0.125` as `12.5`: the point two digits to the right, without a float. */
export function toPercent(share: string): string {
  if (!/^-?\d*\.?\d*$/.test(share) || share === '') return '';
  const [whole = '0', part = ''] = share.split('.');
  const digits = part.padEnd(2, '0');
  return trimmed(`${whole}${digits.slice(0, 2)}.${digits.slice(2)}`);
}

/** `12.5` as `0.125`. */
export function toShare(percent: string): string {
  if (!/^-?\d*\.?\d*$/.test(percent) || percent === '') return '';
  const [whole = '', part = ''] = percent.split('.');
  const digits = whole.padStart(3, '0');
  return trimmed(`${digits.slice(0, -2)}.${digits.slice(-2)}${part}`);
}

function trimmed(number: string): string {
  const [whole = '', part = ''] = number.split('.');
  const front = whole.replace(/^(-?)0+(?=\d)/, '$1') || '0';
  const back = part.replace(/0+$/, '');
  return back ? `${front}.${back}` : front;
}

export function draftOf(line: Record<string, unknown>): Draft {
  return {
    key: String(line.id),
    id: String(line.id),
    product_id: (line.product_id as string | null) ?? null,
    description: text(line.description),
    quantity: text(line.quantity),
    unit_price: text(line.unit_price),
    discount: toPercent(text(line.discount)),
    tax_rate_id: (line.tax_rate_id as string | null) ?? null,
    total: (line.total as string | null) ?? null,
  };
}

export function draftsOf(row: Row): Draft[] {
  const lines = Array.isArray(row.lines) ? (row.lines as Record<string, unknown>[]) : [];
  return lines.map(draftOf);
}

export function emptyDraft(key: string): Draft {
  return { key, product_id: null, description: '', quantity: '1', unit_price: '', discount: '', tax_rate_id: null };
}

/** A line that says what it is about can be sent. */
export function isWhole(draft: Draft): boolean {
  return Boolean(draft.product_id) || draft.description.trim() !== '';
}

/** The line as the API takes it. What is left out the server fills in: the product's price, name and tax. */
export function bodyOf(draft: Draft): Record<string, unknown> {
  const number = (value: string) => (value.trim() === '' ? undefined : value.trim().replace(',', '.'));
  const share = toShare(draft.discount.trim().replace(',', '.'));
  return {
    id: draft.id,
    product_id: draft.product_id ?? undefined,
    description: draft.description.trim() || undefined,
    quantity: number(draft.quantity),
    unit_price: number(draft.unit_price),
    discount: share === '' ? (draft.id ? null : undefined) : share,
    tax_rate_id: draft.tax_rate_id ?? undefined,
  };
}
