import type { EpochMs, GitHubActivity, MusicalParameters } from '@bnc/contracts';
import { type Advanced, advance, interrupts, openRoom, type RoomState } from '@bnc/music-engine';

/** When something is decided: the earliest moment of a first sound, and the end of what then sounds, or 0. */
export interface Moment {
  readonly at: EpochMs;
  readonly soundsUntil: EpochMs;
}

/** Decides what activities that share a phrase sound like, and when. */
export function decide(piece: RoomState, activities: readonly GitHubActivity[], moment: Moment): Advanced {
  return advance(soundingUntil(piece, moment), activities, moment.at);
}

/** Tells whether activities may interrupt what sounds. */
export function mayInterrupt(piece: RoomState, activities: readonly GitHubActivity[], moment: Moment): boolean {
  return interrupts(soundingUntil(piece, moment), activities, moment.at);
}

/** Returns the first start, from a moment on, with which the first bar line of a phrase lies on a beat of the room. */
export function startOnBeat(
  piece: RoomState,
  { upbeat = 0 }: Pick<MusicalParameters, 'upbeat'>,
  earliest: EpochMs,
): EpochMs {
  const { clock } = advance(piece, [], earliest).room;
  if (!clock) return Math.round(earliest);
  const beatMs = 60_000 / clock.tempo;
  const upbeatMs = upbeat * 1000;
  // Half a millisecond is the error of a start that was rounded.
  const beat = Math.ceil((earliest + upbeatMs - clock.line - 0.5) / beatMs);
  return Math.round(clock.line + beat * beatMs - upbeatMs);
}

/** Returns the part of a piece that its bed needs: a few hundred bytes. */
export function bedPart({ repositoryId, settings, clock, work, energy, standing }: RoomState): RoomState {
  const times = { ...(clock && { clock }), ...(work && { work }), ...(energy && { energy }) };
  return { ...openRoom({ repositoryId, settings }), ...times, standing };
}

/** The room knows better than its music what sounds: a phrase may wait for its clips, or have nobody to hear it. */
function soundingUntil({ sounding, ...piece }: RoomState, { at, soundsUntil }: Moment): RoomState {
  if (soundsUntil <= at) return piece;
  return { ...piece, sounding: { until: soundsUntil, isUrgent: sounding?.isUrgent ?? false } };
}
