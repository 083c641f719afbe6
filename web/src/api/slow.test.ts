import { expect, it, vi } from 'vitest';
import { onSlow, serverIsSlow, watch } from './slow';

it('says that the network is slow while an answer is late, and no longer', () => {
  vi.useFakeTimers();
  const heard: boolean[] = [];
  const stop = onSlow(() => heard.push(serverIsSlow()));
  const [quick, first, second] = [watch(100), watch(100), watch(100)];
  vi.advanceTimersByTime(99);
  quick();
  vi.advanceTimersByTime(2);
  expect(serverIsSlow()).toBe(true);
  first();
  expect(serverIsSlow()).toBe(true);
  second();
  second();
  expect(serverIsSlow()).toBe(false);
  expect(heard.at(-1)).toBe(false);
  stop();
  vi.useRealTimers();
});
