import { isDeepStrictEqual } from 'node:util';
import type { ActivitySummary, EpochMs, GitHubActivity, MusicalParameters, Tell } from '@bnc/contracts';
import { emotionOf, strongestOf, tellsOf } from '@bnc/music-engine';
import type { MusicGenerated } from './events.ts';

/** What a phrase is made of. */
export interface Composition {
  readonly phraseId: string;
  /** Activities of one room that share a phrase, oldest first. */
  readonly activities: readonly GitHubActivity[];
  /** Those of them that are heard: one or more. */
  readonly heard: readonly GitHubActivity[];
  /** What the room plays for them. */
  readonly params: MusicalParameters;
  /** The name of a merged room. */
  readonly room: string | undefined;
  /** Returns the current name of a repository. */
  nameOf(activity: GitHubActivity): string;
  readonly now: EpochMs;
}

/** Says what a phrase speaks for, next to what it sounds like. */
export function composePhrase(composition: Composition): Omit<MusicGenerated, 'isHeard'> {
  const { phraseId, activities, heard, params, room, nameOf, now } = composition;
  const character = strongestOf(heard);
  const others = activities.filter((activity) => !heard.includes(activity));
  const tells = [...tellAll(heard, composition), ...tellAll(others, composition)];
  const activity = summarise(character, tells[0]);
  const deliveryIds = activities.map(({ deliveryId }) => deliveryId);
  const { reasons = [], ...musicalParams } = params;
  return {
    phraseId,
    // The repository may have been renamed since: the phrase goes where people listen now.
    repoId: nameOf(character),
    repositoryId: character.repositoryId,
    ...(room !== undefined && { room }),
    isPrivate: activities.some(({ isPrivate }) => isPrivate),
    deliveryIds,
    musicalParams,
    activity,
    // One line that says what the activity says is not kept twice.
    ...(!isDeepStrictEqual(tells, tellsOfPhrase({ activity, deliveryIds })) && { tells }),
    reasons,
    receivedAt: now,
  };
}

/**
 * Returns everything that a phrase speaks for; undefined for a phrase of an earlier version that speaks for several.
 */
export function tellsOfPhrase({
  tells,
  activity: { title, url, actor },
  deliveryIds,
}: Pick<MusicGenerated, 'tells' | 'activity' | 'deliveryIds'>): readonly Tell[] | undefined {
  return tells ?? (deliveryIds.length === 1 ? [{ title, url, actor, count: 1 }] : undefined);
}

/** Lists what happened. A merged room lists it by repository, that of the strongest activity first. */
function tellAll(activities: readonly GitHubActivity[], { room, nameOf }: Composition): readonly Tell[] {
  if (room === undefined || activities.length === 0) return tellsOf(activities);
  const byRepository = Map.groupBy([strongestOf(activities), ...activities], ({ repositoryId }) => repositoryId);
  return [...byRepository.values()].flatMap((some) => {
    const own = activities.filter((activity) => some.includes(activity));
    const [first] = own;
    return first ? tellsOf(own).map((tell) => ({ ...tell, repoId: nameOf(first) })) : [];
  });
}

/** Describes the activity that gives a phrase its character; several of a kind are described together. */
function summarise(activity: GitHubActivity, lead: Tell | undefined): ActivitySummary {
  const { title, url, actor, event, action, agent, subject } = activity;
  const isOne = lead === undefined || lead.count === 1;
  return {
    title: isOne ? title : lead.title,
    url,
    actor: isOne ? actor : lead.actor,
    event,
    ...(action !== undefined && { action }),
    ...(agent && { agent }),
    ...(subject !== undefined && { subject }),
    emotion: emotionOf(activity),
  };
}
