import type { EpochMs } from '@bnc/contracts';

/** Longest silence between two happenings, in ms: nights and holidays are cut to it. */
export const longestPauseMs = 6000;

/**
 * Shortens the times of a history to at most `lengthMs`: divides all gaps by one factor, and cuts them to six seconds.
 * A history that is short enough is only cut. Times that go backwards, as those of rebased commits do, count as the one
 * before.
 * @returns milliseconds since the first time, one for each
 */
export function shorten(times: readonly EpochMs[], lengthMs: number): readonly number[] {
  let latest = times[0] ?? 0;
  const gaps = times.map((time) => {
    const gap = Math.max(0, time - latest);
    latest = Math.max(latest, time);
    return gap;
  });
  const total = (speed: number): number => gaps.reduce((sum, gap) => sum + Math.min(gap / speed, longestPauseMs), 0);
  let [slow, fast] = [1, Math.max(1, ...gaps)];
  if (total(slow) <= lengthMs) fast = slow;
  else {
    // Each step halves the range of factors: sixty of them leave nothing to choose.
    for (let step = 0; step < 60; step++) {
      const middle = Math.sqrt(slow * fast);
      if (total(middle) > lengthMs) slow = middle;
      else fast = middle;
    }
  }
  let at = 0;
  return gaps.map((gap) => {
    at += Math.min(gap / fast, longestPauseMs);
    return Math.round(at);
  });
}
