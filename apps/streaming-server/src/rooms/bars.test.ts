import { describe, expect, test } from 'vitest';
import { composeAt, expectNothing, expectPhrase, headStartMs, shortestLeadMs, silence, startPhrase } from './bars.ts';

describe('the bar lines of a room', () => {
  test('start a phrase after the lead when the room is silent', () => {
    expect(startPhrase(silence, 4000, 1000).startAt).toBe(1000 + shortestLeadMs);
  });

  test('put a phrase on the line where the one before it ends', () => {
    const first = startPhrase(silence, 4000, 1000);
    const second = startPhrase(first.bars, 2000, 2000);
    expect(second.startAt).toBe(first.startAt + 4000);
    expect(startPhrase(second.bars, 2000, 2000).startAt).toBe(first.startAt + 6000);
  });

  test('have the next phrase composed before the room falls silent, and while one is being made', () => {
    expect(composeAt(silence)).toBeLessThanOrEqual(0);
    const expecting = expectPhrase(silence, 4000, 1000);
    expect(composeAt(expecting)).toBe(1000 + shortestLeadMs + 4000 - headStartMs);
    expect(composeAt(expectNothing(expecting))).toBeLessThanOrEqual(0);
    const { bars, startAt } = startPhrase(expecting, 4000, 1300);
    expect(composeAt(bars)).toBe(startAt + 4000 - headStartMs);
  });
});
