import type { GitHubActivity, NormalRange } from '@bnc/contracts';
import { type Happening, happeningOf, sizeOf } from './happening.ts';
import { clamp, round } from './numbers.ts';

/** An activity and what it means for the music. */
export interface Judged {
  readonly activity: GitHubActivity;
  readonly happening: Happening;
  /** How much it matters to a phrase; the actor makes no difference. */
  readonly weight: number;
  readonly intensity: NormalRange;
}

/** The change that a phrase stands for. */
export type Change = Pick<GitHubActivity, 'commits' | 'files' | 'additions' | 'deletions'>;

/**
 * Judges activities, oldest first.
 * @throws {RangeError} when there is no activity.
 */
export function judgeAll(activities: GitHubActivity | readonly GitHubActivity[]): readonly [Judged, ...Judged[]] {
  const [first, ...rest] = [activities].flat().toSorted(inOrder).map(judge);
  if (!first) throw new RangeError('activities must hold at least one activity, got none.');
  return [first, ...rest];
}

/** Finds the strongest one; of equals, the last. */
export function strongest(all: readonly [Judged, ...Judged[]]): Judged {
  return all.reduce((best, one) => (one.weight >= best.weight ? one : best), all[0]);
}

/** Sorts activities by how much they matter to a phrase, the strongest first. Bad news counts for more; of equals, the latest comes first. */
export function byStrength(activities: readonly GitHubActivity[]): readonly GitHubActivity[] {
  return activities
    .map(judge)
    .toSorted((a, b) => b.weight - a.weight || -inOrder(a.activity, b.activity))
    .map(({ activity }) => activity);
}

/**
 * Finds the activity that gives a phrase its character: the strongest one. Bad news counts for more than good news; of
 * equals, the last one wins.
 * @throws {RangeError} when there is no activity.
 */
export function strongestOf(activities: GitHubActivity | readonly GitHubActivity[]): GitHubActivity {
  return strongest(judgeAll(activities)).activity;
}

/** Adds up the change that a phrase stands for. Routine activities add nothing. */
export function changeOf(all: readonly Judged[]): Change {
  const sum = (field: keyof Change): number =>
    all.reduce((total, { activity, happening }) => total + (happening.isRoutine ? 0 : activity[field]), 0);
  return { commits: sum('commits'), files: sum('files'), additions: sum('additions'), deletions: sum('deletions') };
}

function judge(activity: GitHubActivity): Judged {
  const happening = happeningOf(activity);
  const strength = happening.intensity + (happening.isRoutine ? 0 : 0.2 * sizeOf(activity));
  return {
    activity,
    happening,
    // Bad news weighs more than its sound is strong, so that good news at the same moment cannot hide it.
    weight: round(strength + (happening.emotion === 'tension' ? 0.35 : 0)),
    intensity: round(clamp(strength * (activity.isBot ? 0.7 : 1), 0, 1)),
  };
}

/** Sorts by time, then by delivery, so that the order of arrival changes nothing. */
function inOrder(a: GitHubActivity, b: GitHubActivity): number {
  return a.occurredAt - b.occurredAt || (a.deliveryId < b.deliveryId ? -1 : 1);
}
