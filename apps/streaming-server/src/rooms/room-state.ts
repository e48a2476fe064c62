import { hash } from 'node:crypto';
import type { EpochMs } from '@bnc/contracts';
import type { RepositoryFacts } from '@bnc/github-webhooks';
import { type GatherState, openRoom, type RoomState as Piece, type RoomSettings, readRoom } from '@bnc/music-engine';
import type { MusicGenerated } from './events.ts';

/** Version of the states that this server writes. Version 1 had a tempo instead of a piece. */
const stateVersion = 2;

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
 * What the bus keeps of a room between two owners, as JSON. From it and the later events of its key, the next owner
 * restores the room. What waits for a phrase is not in it: its deliveries stay open, and come to the next owner.
 */
export interface RoomState {
  readonly version: typeof stateVersion;
  /**
   * Facts before the oldest open delivery. If they are too large, the repositories heard least recently are left out.
   */
  readonly repositories: readonly KnownFacts[];
  /** Waves and floods, without the activities that they hold. */
  readonly gathered?: GatherState;
  /** What the room's music remembers. */
  readonly piece: Piece;
  /** End of the last phrase that has its start. */
  readonly soundsUntil: EpochMs;
  /** Oldest first. */
  readonly unfinished: readonly Unfinished[];
}

/** Most phrases that wait for their sound; the oldest is dropped. */
const maxUnfinished = 8;

/** Adds a phrase that waits for its sound. */
export function addUnfinished(unfinished: readonly Unfinished[], one: Unfinished): readonly Unfinished[] {
  return [...unfinished, one].slice(-maxUnfinished);
}

/** Returns waves and floods without the activities that they hold. */
export function emptied(state: GatherState | undefined): GatherState | undefined {
  return state && { kinds: state.kinds.map(({ due: _due, latest: _latest, ...kind }) => ({ ...kind, held: [] })) };
}

/** Opens the music of a room in which nothing has happened. */
export function openPiece(key: string, settings: RoomSettings): Piece {
  const number = /^\d+$/.test(key) ? Number(key) : hash('sha256', key, 'buffer').readUInt32BE();
  return openRoom({ repositoryId: number, settings });
}

/** Returns the state of a room in which nothing has happened. */
export function openState(piece: Piece): RoomState {
  return { version: stateVersion, repositories: [], piece, soundsUntil: 0, unfinished: [] };
}

/** A state of version 1. */
interface FormerState extends Omit<RoomState, 'version' | 'piece'> {
  readonly version: 1;
  readonly tempo?: { readonly commitsPerHour: number; readonly at: EpochMs };
}

/**
 * Reads a state.
 * @param open - opens a piece in which nothing has happened
 * @returns undefined for what is not a state
 * @throws {RangeError} for a state that a newer server has written: it is left to such a server
 */
export function readState(value: unknown, open: () => Piece): RoomState | undefined {
  const state = value as RoomState | FormerState | null | undefined;
  if (typeof state?.version !== 'number') return undefined;
  if (state.version === 1) {
    const { tempo, version: _former, ...others } = state;
    const work = tempo && { perHour: tempo.commitsPerHour, at: tempo.at };
    return { ...others, version: stateVersion, piece: { ...open(), ...(work && { work }) } };
  }
  if (state.version > stateVersion) {
    throw new RangeError(`the state has version ${state.version}; this server reads versions up to ${stateVersion}`);
  }
  return { ...state, piece: readRoom(state.piece) ?? open() };
}
