import type { EpochMs, GitHubActivity } from '@bnc/contracts';

/**
 * How things stand in a room, which its bed tells: `red` while the default branch is broken, `deploying` for up to 30
 * minutes after a deployment began, `quiet` after 3 hours in which nothing happened, else `green`.
 */
export type Standing = 'green' | 'red' | 'deploying' | 'quiet';

/** What a room knows of how things stand. */
export interface StandingState {
  /** True when the last verdict on the default branch was bad. */
  readonly isRed?: boolean;
  /** When a deployment began that has not ended. */
  readonly deployingSince?: EpochMs;
  /** When the last thing happened. */
  readonly last?: EpochMs;
}

/** A deployment that has said nothing for this long is forgotten. */
const deploymentMs = 30 * 60_000;
/** A room in which nothing has happened for this long is quiet. */
const quietAfterMs = 3 * 3_600_000;

const verdictEvents: ReadonlySet<string> = new Set(['workflow_run', 'check_suite', 'status']);
const failures: ReadonlySet<string | undefined> = new Set(['failure', 'timed_out']);

/** Learns from an activity how things stand. */
export function learnStanding(state: StandingState, activity: GitHubActivity, at: EpochMs): StandingState {
  const { event, action, outcome, isDefaultBranch, subject } = activity;
  const next = { ...state, last: at };
  if (verdictEvents.has(event) && isDefaultBranch) {
    if (outcome === 'success') return { ...next, isRed: false };
    if (failures.has(outcome)) return { ...next, isRed: true };
  }
  const isDeployment = (event === 'deployment' || event === 'deployment_status') && subject !== 'pages';
  if (!isDeployment || action === 'waiting') return next;
  const { deployingSince: _ended, ...ended } = next;
  return outcome === undefined ? { ...next, deployingSince: at } : ended;
}

/** Says how things stand. A red default branch matters more than a deployment, and both more than quiet. */
export function standingAt({ isRed, deployingSince, last }: StandingState, at: EpochMs): Standing {
  if (isRed) return 'red';
  if (deployingSince !== undefined && at - deployingSince < deploymentMs) return 'deploying';
  return last === undefined || at - last > quietAfterMs ? 'quiet' : 'green';
}
