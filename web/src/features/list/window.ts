import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** Browsers lose count beyond some 16 million pixels; a taller table is scrolled in this many. */
export const TALLEST = 8_000_000;
/** Rows that are drawn beyond the edges; the window moves by so many. */
const STEP = 8;
const SETTLED_MS = 140;

/** How tall the rows are, how tall they are told to be, what of the box is seen, and what else stands in it. */
export interface Sizes {
  whole: number;
  tall: number;
  seen: number;
  frame: number;
}

/** Where the table is: `at` pixels into its rows, `shift` more than its box was scrolled. */
export interface Place {
  at: number;
  shift: number;
}

const farthest = (height: number, { seen, frame }: Sizes) => Math.max(0, height + frame - seen);

/** Where the box is scrolled to when the table is `at` so many pixels into its rows. */
export function scrolledTo(at: number, sizes: Sizes): number {
  if (sizes.whole === sizes.tall) return at;
  return (at / Math.max(1, farthest(sizes.whole, sizes))) * farthest(sizes.tall, sizes);
}

/** The place after the box was scrolled: small steps are taken as they are, leaps (the scroll bar) by their share. */
export function placeAfter(before: Place, scrolled: number, sizes: Sizes): Place {
  if (sizes.whole === sizes.tall) return { at: scrolled, shift: 0 };
  const most = farthest(sizes.whole, sizes);
  const isStep = Math.abs(scrolled - (before.at - before.shift)) < 2 * sizes.seen;
  const wanted = isStep ? scrolled + before.shift : (scrolled / Math.max(1, farthest(sizes.tall, sizes))) * most;
  const at = Math.min(Math.max(0, wanted), most);
  return { at, shift: at - scrolled };
}

interface Shown {
  first: number;
  last: number;
  shift: number;
}

/** Which of `count` rows of one height are drawn, and where: a list of a million rows costs as much as one of fifty. */
export function useRowWindow(box: RefObject<HTMLDivElement | null>, count: number, height: number) {
  const place = useRef<Place>({ at: 0, shift: 0 });
  const [shown, setShown] = useState<Shown>({ first: 0, last: 40, shift: 0 });
  const whole = count * height;
  const tall = Math.min(whole, TALLEST);

  const sizes = useCallback((): Sizes => {
    const seen = box.current?.clientHeight ?? 0;
    return { whole, tall, seen, frame: Math.max(0, (box.current?.scrollHeight ?? tall) - tall) };
  }, [box, whole, tall]);

  const show = useCallback(() => {
    const { at, shift } = place.current;
    const seen = box.current?.clientHeight ?? 0;
    const first = Math.max(0, (Math.floor(at / height / STEP) - 1) * STEP);
    const last = Math.min(count, (Math.ceil((at + seen) / height / STEP) + 1) * STEP);
    const rounded = Math.round(shift);
    setShown((now) =>
      now.first === first && now.last === last && now.shift === rounded ? now : { first, last, shift: rounded },
    );
  }, [box, count, height]);

  /** Goes to a place; the scroll bar stands where its share of the list is. */
  const goTo = useCallback(
    (at: number) => {
      const element = box.current;
      if (!element) return;
      const now = sizes();
      const within = Math.min(Math.max(0, at), farthest(now.whole, now));
      element.scrollTop = scrolledTo(within, now);
      place.current = { at: within, shift: now.whole === now.tall ? 0 : within - element.scrollTop };
      show();
    },
    [box, sizes, show],
  );

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const settle = () => goTo(place.current.at);
    const onScroll = () => {
      const now = sizes();
      place.current = placeAfter(place.current, element.scrollTop, now);
      show();
      if (now.whole === now.tall) return;
      clearTimeout(timer);
      const isAtEnd = element.scrollTop <= 0 || element.scrollTop >= farthest(now.tall, now) - 1;
      timer = setTimeout(settle, isAtEnd ? 0 : SETTLED_MS);
    };
    const resized = new ResizeObserver(show);
    resized.observe(element);
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      clearTimeout(timer);
      resized.disconnect();
      element.removeEventListener('scroll', onScroll);
    };
  }, [box, sizes, show, goTo]);

  // Rows came or went: the place among them stays.
  // biome-ignore lint/correctness/useExhaustiveDependencies: when the table has become taller or lower
  useLayoutEffect(() => {
    if (whole > TALLEST) goTo(place.current.at);
    else {
      place.current = { at: box.current?.scrollTop ?? 0, shift: 0 };
      show();
    }
  }, [whole]);

  /** Brings a row into sight. */
  const reveal = useCallback(
    (row: number, head: number, foot: number) => {
      const room = (box.current?.clientHeight ?? 0) - head - foot;
      const { at } = place.current;
      if (row * height < at) goTo(row * height);
      else if ((row + 1) * height > at + room) goTo((row + 1) * height - room);
    },
    [box, height, goTo],
  );

  return { ...shown, tall, goTo, reveal };
}
