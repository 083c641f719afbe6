import { describe, expect, it } from 'vitest';
import { bodyOf, draftOf, emptyDraft, isWhole, toPercent, toShare } from './model';

describe('per cent', () => {
  it.each([
    ['0.1', '10'],
    ['0.125', '12.5'],
    ['0.05', '5'],
    ['1', '100'],
    ['0', '0'],
    ['0.0333', '3.33'],
    ['', ''],
  ])('%s is %s %%', (share, percent) => {
    expect(toPercent(share)).toBe(percent);
    expect(toShare(percent)).toBe(share);
  });

  it('takes no words', () => {
    expect(toShare('ten')).toBe('');
  });
});

describe('a line', () => {
  it('leaves to the server what nobody typed', () => {
    const body = bodyOf({ ...emptyDraft('new'), product_id: '7' });
    expect(JSON.parse(JSON.stringify(body))).toEqual({ product_id: '7', quantity: '1' });
  });

  it('keeps its id and takes a comma for a point', () => {
    const draft = draftOf({ id: '9', description: 'Delivery', quantity: '2', unit_price: '10', discount: '0.1' });
    expect(bodyOf({ ...draft, unit_price: '12,50' })).toMatchObject({ id: '9', unit_price: '12.50', discount: '0.1' });
  });

  it('is sent when it says what it is about', () => {
    expect(isWhole(emptyDraft('a'))).toBe(false);
    expect(isWhole({ ...emptyDraft('a'), description: 'x' })).toBe(true);
  });
});
