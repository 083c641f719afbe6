import { expect, it } from 'vitest';
import { type Place, placeAfter, scrolledTo, TALLEST } from './window';

const low = { whole: 4_000, tall: 4_000, seen: 600, frame: 70 };
const high = { whole: 38_000_000, tall: TALLEST, seen: 600, frame: 70 };
const END = high.whole + high.frame - high.seen;

it('takes a low table as it is scrolled', () => {
  expect(placeAfter({ at: 0, shift: 0 }, 380, low)).toEqual({ at: 380, shift: 0 });
  expect(scrolledTo(380, low)).toBe(380);
});

it('moves a high table row by row, and leaps with its scroll bar', () => {
  expect(placeAfter({ at: 0, shift: 0 }, 120, high)).toEqual({ at: 120, shift: 0 });
  const half = (TALLEST + high.frame - high.seen) / 2;
  const middle = placeAfter({ at: 0, shift: 0 }, half, high);
  expect(middle.at).toBeCloseTo(END / 2);
  expect(placeAfter(middle, half + 38, high).at).toBeCloseTo(END / 2 + 38);
  expect(scrolledTo(middle.at, high)).toBeCloseTo(half);
});

it('comes to both ends and not beyond them', () => {
  const last = placeAfter({ at: 0, shift: 0 }, TALLEST + high.frame - high.seen, high);
  expect(last.at).toBeCloseTo(END);
  const near: Place = { at: 100, shift: 80 };
  expect(placeAfter(near, 0, high).at).toBe(80);
  expect(placeAfter({ at: END - 10, shift: END - 10 - 5_000_000 }, 5_000_400, high).at).toBeCloseTo(END);
});
