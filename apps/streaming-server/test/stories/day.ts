import { addPulls } from './add-pulls.ts';
import { DayDraft, type DayVerdict, minute, second } from './day-draft.ts';
import type { TimedDelivery } from './play-story.ts';

/** A day of twelve people, and what of it must be told. */
export interface Day {
  readonly deliveries: readonly TimedDelivery[];
  readonly verdicts: readonly DayVerdict[];
  /** Deliveries that merge. */
  readonly merges: readonly string[];
  /** Deliveries that say that something was deployed. */
  readonly deployments: readonly string[];
  /** Deliveries that belong to a merge. */
  readonly companions: readonly string[];
}

/** Length of the day: 9.4 hours. */
export const dayMs: number = 564 * minute;

/** Makes a day of twelve people, 9.4 hours long. */
export function dayOf(seed: number, startsAt: number): Day {
  const day = new DayDraft(seed, startsAt);
  addPulls(day);
  for (let index = 0; index < 60; index++) addComment(day, day.between(0, dayMs - minute), day.below(20));
  for (let index = 0; index < 20; index++) day.add(day.between(0, dayMs), 'star', { by: `guest-${index}` });
  for (let index = 0; index < 25; index++) addIssue(day, 300 + index);
  for (const at of [100, 250, 400]) addStack(day, at * minute, day.person());
  addUpdates(day, 180 * minute);
  const { deliveries, verdicts, merges, deployments, companions } = day;
  return {
    deliveries: deliveries.toSorted((a, b) => a.afterMs - b.afterMs),
    verdicts,
    merges,
    deployments,
    companions,
  };
}

function addComment(day: DayDraft, at: number, number: number): void {
  const comment = day.nextId();
  day.add(at, 'issue_comment', { by: day.person(), number: 300 + number, comment });
}

function addIssue(day: DayDraft, number: number): void {
  const by = day.person();
  const at = day.between(0, 90 * minute);
  day.add(at, 'issues', { action: 'opened', by, number });
  day.add(at + 1500, 'issues', { action: 'labeled', by, number, label: 'wish' });
  if (number >= 315) {
    day.add(at + day.between(60, 400) * minute, 'issues', { action: 'labeled', by, number, label: 'soon' });
  }
}

/** A stack of five branches, rebased with one command. */
function addStack(day: DayDraft, at: number, by: string): void {
  for (let index = 0; index < 5; index++) {
    const branch = `stack-${by}-${index}`;
    const before = `${branch} before`;
    const after = `${branch} after ${at}`;
    day.add(at + index * 900, 'push', { by, branch, before, after, forced: true, commits: index + 1 });
  }
}

/** Six pull requests of a program within half a minute. */
function addUpdates(day: DayDraft, at: number): void {
  const by = 'dependabot[bot]';
  for (let index = 0; index < 6; index++) {
    const head = `dependabot/npm/dep-${index}`;
    const pull = { number: 60 + index, title: `Bump dep-${index}`, head, commits: 1 };
    const opened = at + index * 5 * second;
    day.add(opened, 'push', { by, branch: head, created: true, message: pull.title });
    day.add(opened + 100, 'create', { by, branch: head });
    day.add(opened + 500, 'pull_request', { action: 'opened', by, ...pull });
    day.add(opened + 700, 'pull_request', { action: 'labeled', by, label: 'dependencies', ...pull });
  }
}
