import { expect, test } from 'vitest';
import { push } from '../test/activities.ts';
import { foldTempo, type RecentActivity, workOf } from './tempo.ts';

const hour = 3_600_000;
const start = 1_764_000_000_000;

function pushAt(at: number, commits = 1) {
  return { ...push, commits, occurredAt: at };
}

test('steady work averages to its own rate', () => {
  let state: RecentActivity | undefined;
  for (let i = 0; i < 80; i++) state = foldTempo(state, pushAt(start + (i * hour) / 10));
  expect(state?.commitsPerHour).toBeGreaterThan(9.5);
  expect(state?.commitsPerHour).toBeLessThan(11.5);
});

test('half of the past is left after 30 minutes', () => {
  const busy = foldTempo(undefined, pushAt(start, 10));
  const later = foldTempo(busy, { ...push, event: 'star', occurredAt: start + hour / 2 });
  expect(later.commitsPerHour).toBeCloseTo(busy.commitsPerHour / 2, 9);
});

test('only pushes count, and no push for more than 20 commits', () => {
  expect(foldTempo(undefined, { ...push, event: 'pull_request', commits: 9 }).commitsPerHour).toBe(0);
  expect(foldTempo(undefined, pushAt(start, 99))).toEqual(foldTempo(undefined, pushAt(start, 20)));
  expect(foldTempo(undefined, pushAt(start, 20)).commitsPerHour).toBeGreaterThan(
    foldTempo(undefined, pushAt(start, 19)).commitsPerHour,
  );
});

test.each([
  ['an import', { commits: 100 }],
  ['a large import', { commits: 5000 }],
  ['a bot', { isBot: true }],
  ['a rebase', { action: 'rebased', forced: true }],
  ['rewritten history', { action: 'rewritten', forced: true }],
  ['pages', { action: 'published' }],
  ['known commits', { action: 'forwarded', commits: 0, knownCommits: 50 }],
  ['a branch merged in', { action: 'updated', commits: 1, knownCommits: 30 }],
])('%s says nothing of how fast people work', (_, some) => {
  const before = foldTempo(undefined, pushAt(start, 3));
  expect(foldTempo(before, { ...pushAt(start, 3), ...some })).toEqual(before);
  expect(workOf({ ...pushAt(start, 3), ...some })).toBe(0);
});

test('commits that come along with new ones do not count', () => {
  expect(workOf({ ...pushAt(start, 3), knownCommits: 30 })).toBe(3);
});

test('a late activity counts with what is left of it and never turns time back', () => {
  const late = foldTempo(foldTempo(undefined, pushAt(start, 2)), pushAt(start - hour, 4));
  const inOrder = foldTempo(foldTempo(undefined, pushAt(start - hour, 4)), pushAt(start, 2));
  expect(late.at).toBe(start);
  expect(late.commitsPerHour).toBeCloseTo(inOrder.commitsPerHour, 9);
});

test('the time of receipt may stand in for the clock of the payload', () => {
  expect(foldTempo(undefined, pushAt(9e15, 2), start)).toEqual(foldTempo(undefined, pushAt(start, 2)));
});
