import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { after, readRetryAfter, retryDelay } from './delay.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const day = 86_400_000;

test('a delay beyond the longest timer ends when it says, and not before', () => {
  const run = vi.fn<() => void>();
  after(60 * day, run);
  vi.advanceTimersByTime(60 * day - 1);
  expect(run).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledOnce();
});

test('a delay that is called off never ends, whichever timer it has come to', () => {
  const run = vi.fn<() => void>();
  const callOff = after(60 * day, run);
  vi.advanceTimersByTime(30 * day);
  callOff();
  vi.advanceTimersByTime(60 * day);
  expect(run).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});

const facts = { minMs: 1_000, maxMs: 30_000, tries: 1, retryMs: undefined, retryAfterMs: undefined };

function range(more: Partial<Parameters<typeof retryDelay>[0]>): readonly [number, number] {
  const random = vi.spyOn(Math, 'random');
  const ends = [0, 1].map((value) => {
    random.mockReturnValue(value);
    return retryDelay({ ...facts, ...more });
  });
  random.mockRestore();
  return [ends[0] ?? -1, ends[1] ?? -1];
}

test.each<{ name: string; more: Parameters<typeof range>[0]; ms: readonly [number, number] }>([
  { name: 'after a stream with messages: at random up to twice the shortest', more: { tries: 0 }, ms: [1_000, 2_000] },
  { name: 'after a stream with messages and a `retry:`: what it says', more: { tries: 0, retryMs: 0 }, ms: [0, 0] },
  { name: 'after failures: doubled each time', more: { tries: 3 }, ms: [1_000, 16_000] },
  { name: 'after many failures: no longer than the longest', more: { tries: 5_000 }, ms: [1_000, 30_000] },
  { name: 'after failures and `retry: 0`: no flood', more: { retryMs: 0 }, ms: [1_000, 4_000] },
  { name: 'after failures and a long `retry:`: not before it', more: { retryMs: 60_000 }, ms: [60_000, 60_000] },
  { name: 'after `Retry-After`: not before it, and spread', more: { retryAfterMs: 90_000 }, ms: [90_000, 91_000] },
  { name: 'after `Retry-After: 0`: as without it', more: { retryAfterMs: 0 }, ms: [1_000, 4_000] },
])('the next try comes $name', ({ more, ms }) => {
  expect(range(more)).toEqual(ms);
});

test.each([
  ['120', 120_000],
  [' 0 ', 0],
  ['Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
  ['Wed, 21 Oct 2026 07:00:00 GMT', 0],
  ['soon', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['', undefined],
])('`Retry-After: %s` is %s ms on a server whose clock says 07:28:00', (value, ms) => {
  const headers = new Headers({ 'retry-after': value, date: 'Wed, 21 Oct 2026 07:28:00 GMT' });
  expect(readRetryAfter(headers)).toBe(ms);
});
