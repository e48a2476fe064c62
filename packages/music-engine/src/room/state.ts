import type { EpochMs } from '@bnc/contracts';
import type { Clock } from './clock.ts';
import type { Remembered } from './memory.ts';
import type { Pace } from './pace.ts';
import type { Roster } from './roster.ts';
import type { Heard } from './salience.ts';
import type { RoomSettings } from './settings.ts';
import type { StandingState } from './standing.ts';

/** Version of the states that this engine writes. */
export const roomVersion = 1;

/** What a phrase leaves behind while it sounds. */
export interface SoundingPhrase {
  /** When its last bar ends. */
  readonly until: EpochMs;
  /** True for bad news, which nothing interrupts. */
  readonly isUrgent: boolean;
}

/** All that a room's music remembers: plain JSON of at most 4 kB, whatever happens. What is not there has not happened. */
export interface RoomState {
  readonly version: typeof roomVersion;
  /** GitHub's numeric id of the repository, or another number; the home note comes from it. */
  readonly repositoryId: number;
  readonly settings: RoomSettings;
  readonly clock?: Clock;
  /** Commits an hour: they set the tempo. */
  readonly work?: Pace;
  /** Happenings an hour: they open the bed. */
  readonly energy?: Pace;
  readonly standing: StandingState;
  /** Kinds that were heard lately. */
  readonly heard: readonly Heard[];
  /** The last leads, oldest first. */
  readonly leads: readonly Remembered[];
  /** Who has which signature. */
  readonly roster: Roster;
  readonly sounding?: SoundingPhrase;
}

/** Opens a room in which nothing has happened. */
export function openRoom({
  repositoryId,
  settings = {},
}: Pick<RoomState, 'repositoryId'> & { readonly settings?: RoomSettings }): RoomState {
  return { version: roomVersion, repositoryId, settings, standing: {}, heard: [], leads: [], roster: [] };
}

/** Gives a room other settings; all that it remembers stays. */
export function changeSettings(room: RoomState, settings: RoomSettings): RoomState {
  return { ...room, settings };
}

/**
 * Reads a state that was kept as JSON. Checks its version only: a store must return what it was given.
 * @returns undefined for what is not a state of a room
 * @throws {RangeError} for a state of a newer version, which only a newer engine may go on with
 */
export function readRoom(value: unknown): RoomState | undefined {
  const version = (value as { readonly version?: unknown } | null | undefined)?.version;
  if (typeof version === 'number' && version > roomVersion) {
    throw new RangeError(
      `the state of the room has version ${version}; this engine reads versions up to ${roomVersion}`,
    );
  }
  return version === roomVersion ? (value as RoomState) : undefined;
}
