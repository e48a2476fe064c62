import type { ActivitySummary, EpochMs, GitHubActivity, Tell } from '@bnc/contracts';
import { emotionOf, mapActivity, strongestOf, tellsOf } from '@bnc/music-engine';
import type { MusicGenerated } from './events.ts';

/** What a phrase is made of. */
export interface Composition {
  readonly phraseId: string;
  /** Activities of one room that share a phrase, oldest first. */
  readonly activities: readonly GitHubActivity[];
  readonly commitsPerHour: number;
  /** The name of a merged room. */
  readonly room: string | undefined;
  /** The name that a repository has now. */
  nameOf(activity: GitHubActivity): string;
  readonly now: EpochMs;
}

/** Makes one phrase of one happening, or of a burst of them. */
export function composePhrase(composition: Composition): Omit<MusicGenerated, 'isHeard'> {
  const { phraseId, activities, commitsPerHour, room, nameOf, now } = composition;
  const character = strongestOf(activities);
  const tells = tellAll(composition, character);
  const { reasons = [], ...musicalParams } = mapActivity(activities, { commitsPerHour });
  return {
    phraseId,
    // It may have been renamed since: what happened is heard where people listen now.
    repoId: nameOf(character),
    repositoryId: character.repositoryId,
    ...(room !== undefined && { room }),
    isPrivate: activities.some(({ isPrivate }) => isPrivate),
    deliveryIds: activities.map(({ deliveryId }) => deliveryId),
    musicalParams,
    activity: summarise(character, tells[0]),
    tells,
    reasons,
    receivedAt: now,
  };
}

/** Tells what happened, repository by repository where a room merges several; that of the strongest first. */
function tellAll({ activities, room, nameOf }: Composition, character: GitHubActivity): readonly Tell[] {
  if (room === undefined) return tellsOf(activities);
  const byRepository = Map.groupBy([character, ...activities], ({ repositoryId }) => repositoryId);
  return [...byRepository.values()].flatMap((some) => {
    const own = activities.filter((activity) => some.includes(activity));
    const [first] = own;
    return first ? tellsOf(own).map((tell) => ({ ...tell, repoId: nameOf(first) })) : [];
  });
}

/** Names what gives a phrase its character; several of a kind are named together. */
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
