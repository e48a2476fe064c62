import type { EpochMs, GitHubActivity } from '@bnc/contracts';
import { clamp } from '../numbers.ts';

/** An average of how much happens in an hour, in which the past counts half as much with each half-life. */
export interface Pace {
  /** How much an hour, ≥ 0. */
  readonly perHour: number;
  /** The moment of the average. */
  readonly at: EpochMs;
}

const minute = 60_000;

/** Half-life of the commits that set the tempo. */
const workHalfLife = 60 * minute;
/** Half-life of the happenings that open the bed. */
const energyHalfLife = 20 * minute;

/** Most that an average grows to, so that a flood is over within two half-lives: more changes neither the tempo nor the bed. */
const most = { commits: 255, happenings: 60 } as const;

/** One huge push is the work of a long time, not the sign of a hectic room. */
const maxCommits = 20;
/** A push of this many commits is an import from elsewhere and says nothing about the pace here. */
const importedCommits = 100;

/** Adds new commits of people to the work of a room. */
export function addWork(pace: Pace | undefined, commits: number, at: EpochMs): Pace {
  return add(pace, commits, at, { halfLife: workHalfLife, most: most.commits });
}

/** Adds happenings to the energy of a room. */
export function addEnergy(pace: Pace | undefined, happenings: number, at: EpochMs): Pace {
  return add(pace, happenings, at, { halfLife: energyHalfLife, most: most.happenings });
}

/** Returns the commits an hour at a later moment. */
export function workAt(pace: Pace | undefined, at: EpochMs): number {
  return left(pace, at, workHalfLife);
}

/** Returns the happenings an hour at a later moment. */
export function energyAt(pace: Pace | undefined, at: EpochMs): number {
  return left(pace, at, energyHalfLife);
}

/**
 * Counts the commits that show how fast people work: none of bots, none that were there before, none of a merge, whose own
 * pushes have been counted; 20 a push at most, and none of an import of 100 or more.
 */
export function workOf({ event, action, commits, isBot }: GitHubActivity): number {
  return event === 'push' && action === undefined && !isBot && commits < importedCommits
    ? clamp(commits, 0, maxCommits)
    : 0;
}

/** One more adds ln 2 / half-life in hours to the average, so that steady work averages to its own rate. */
function add(
  pace: Pace | undefined,
  count: number,
  at: EpochMs,
  { halfLife, most: top }: { readonly halfLife: number; readonly most: number },
): Pace {
  const now = Math.max(pace?.at ?? at, at);
  const perOne = (Math.LN2 / halfLife) * 3_600_000;
  return { perHour: exact(Math.min(top, left(pace, now, halfLife) + count * perOne)), at: now };
}

function left(pace: Pace | undefined, at: EpochMs, halfLife: number): number {
  return pace ? exact(pace.perHour * 2 ** (Math.min(0, pace.at - at) / halfLife)) : 0;
}

/** Leaves out the last bits, in which the powers of two engines may differ. */
function exact(value: number): number {
  return Number(value.toPrecision(9));
}
