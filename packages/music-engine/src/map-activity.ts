import type { GitHubActivity, MusicalParameters } from '@bnc/contracts';
import { judgeAll, strongest } from './judge.ts';
import { advance } from './room/advance.ts';
import { openRoom } from './room/state.ts';
import type { Theme } from './themes.ts';

/** What is known of the room apart from the activities. */
export interface MapContext {
  /**
   * How busy the room has been before, in commits an hour, ≥ 0; the commits of these activities are added. Default 0.
   */
  readonly commitsPerHour?: number;
  /** The arrangement. Default `chamber`. */
  readonly theme?: Theme;
}

/**
 * Decides what activities of one repository sound like by themselves: as the first phrase of a room that was silent. Pure:
 * the same activities and context give the same parameters, in any order. Several activities become one phrase: the
 * strongest gives it its character, the others make it longer and denser and add their cats. Every choice has a reason in
 * `reasons`. Takes about a millisecond for one activity.
 * @throws {RangeError} when there is no activity.
 */
export function mapActivity(
  activities: GitHubActivity | readonly GitHubActivity[],
  { theme, commitsPerHour }: MapContext = {},
): MusicalParameters {
  const all = judgeAll(activities);
  const { repositoryId, occurredAt } = strongest(all).activity;
  const room = openRoom({ repositoryId, settings: { ...(theme && { theme }) } });
  const work = commitsPerHour === undefined ? {} : { work: { perHour: commitsPerHour, at: occurredAt } };
  const { phrase } = advance(
    { ...room, ...work },
    all.map(({ activity }) => activity),
    occurredAt,
  );
  if (!phrase) throw new RangeError('a room without settings plays every phrase.');
  return phrase.params;
}
