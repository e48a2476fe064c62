import type { EpochMs } from '@bnc/contracts';
import type { RepositoryFacts } from '@bnc/github-webhooks';
import type { GatherState, RecentActivity } from '@bnc/music-engine';
import type { MusicGenerated } from './events.ts';

/** A phrase that has been published and does not sound yet. */
export interface Unfinished {
  /** Id of the event that stays open until the phrase sounds: this owner renders the phrase, or the next one does. */
  readonly input: string;
  readonly phrase: MusicGenerated;
}

/** Facts of one repository, and the id of the last delivery that they include. */
export interface KnownFacts {
  readonly repositoryId: number;
  readonly heardUpTo: string;
  readonly facts: RepositoryFacts;
}

/**
 * What the bus keeps of a room between two owners, as JSON: with it and the later events of its key a room is what it
 * was. What waits for a phrase is not in it: its deliveries stay open, and come to the next owner.
 */
export interface RoomState {
  readonly version: 1;
  /** Facts before the oldest open delivery. If they are too large, the repositories heard least recently are left out. */
  readonly repositories: readonly KnownFacts[];
  /** Waves and floods, without the activities that they hold. */
  readonly gathered?: GatherState;
  readonly tempo?: RecentActivity;
  /** End of the last phrase that has its start. */
  readonly soundsUntil: EpochMs;
  /** Oldest first. */
  readonly unfinished: readonly Unfinished[];
}

/** Phrases that wait for their sound, at most; the oldest gives way. */
const maxUnfinished = 8;

/** Adds a phrase that waits for its sound. */
export function addUnfinished(unfinished: readonly Unfinished[], one: Unfinished): readonly Unfinished[] {
  return [...unfinished, one].slice(-maxUnfinished);
}

/** Returns waves and floods without the activities that they hold. */
export function emptied(state: GatherState | undefined): GatherState | undefined {
  return state && { kinds: state.kinds.map(({ due: _due, latest: _latest, ...kind }) => ({ ...kind, held: [] })) };
}

/** Reads a state. Returns undefined for one of another version: the room then begins with the log. */
export function readState(state: unknown): RoomState | undefined {
  return (state as RoomState | undefined)?.version === 1 ? (state as RoomState) : undefined;
}
