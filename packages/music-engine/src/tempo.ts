import type { Bpm, Emotion, EpochMs, GitHubActivity } from '@bnc/contracts';
import { between, clamp } from './numbers.ts';

/** How busy a room has been lately. A server keeps one of these small objects per room. */
export interface RecentActivity {
  /** Commits an hour, an average in which the past counts half as much every 30 minutes; ≥ 0. */
  readonly commitsPerHour: number;
  /** The moment of the average. */
  readonly at: EpochMs;
}

const halfLifeMs = 30 * 60_000;
/** One huge push is the work of a long time, not the sign of a hectic room. */
const maxCommits = 20;
/** A push of this many commits is an import from elsewhere and says nothing about the pace here. */
const importedCommits = 100;
/** What one commit adds: ln 2 / half-life in hours, so that steady work averages to its own rate. */
const perCommit = Math.LN2 / (halfLifeMs / 3_600_000);

/**
 * Adds an activity to the average. Pure; the same activities in the same order give the same state.
 * Only new commits of people count: at most 20 a push, and none of a push of 100 or more, which is an import. Any other
 * activity only lets time pass.
 * @param state - what the last call returned; undefined for a room without a past
 * @param at - the moment of the activity. Default: `activity.occurredAt`. A server passes the time of receipt, because
 * the clocks behind payloads may be wrong. An activity older than the state counts for less, as if it had come in time.
 */
export function foldTempo(
  state: RecentActivity | undefined,
  activity: GitHubActivity,
  at: EpochMs = activity.occurredAt,
): RecentActivity {
  const commits = workOf(activity);
  const past = state ?? { commitsPerHour: 0, at };
  const now = Math.max(past.at, at);
  const left = (since: EpochMs): number => 2 ** ((since - now) / halfLifeMs);
  return { commitsPerHour: past.commitsPerHour * left(past.at) + commits * perCommit * left(at), at: now };
}

/** Counts the commits that show how fast people work: none of bots, none that are pushed a second time. */
export function workOf({ event, action, commits, isBot }: GitHubActivity): number {
  return event === 'push' && action === undefined && !isBot && commits < importedCommits
    ? clamp(commits, 0, maxCommits)
    : 0;
}

/** Commits an hour and the tempo there; straight lines in between. */
const bands: readonly (readonly [number, Bpm])[] = [
  [0, 60],
  [1, 80],
  [5, 120],
  [10, 140],
  [20, 160],
  [40, 180],
];

/** What an emotion adds to the tempo of the room. */
export const tempoOffset: Readonly<Record<Emotion, Bpm>> = { tension: -10, resolution: 0, activity: 15, growth: 5 };

/** Chooses a whole tempo, 40-200, from the room's activity and the emotion. */
export function tempoOf(commitsPerHour: number, emotion: Emotion): Bpm {
  const upper = bands.find(([commits]) => commits > commitsPerHour);
  const lower = bands.findLast(([commits]) => commits <= commitsPerHour) ?? [0, 60];
  const room = upper ? between(lower[1], upper[1], (commitsPerHour - lower[0]) / (upper[0] - lower[0])) : 180;
  return clamp(Math.round(room + tempoOffset[emotion]), 40, 200);
}
