import type { Score, Seconds, Track } from '@bnc/contracts';
import type { InstrumentContext } from './context.ts';
import { createInstrument, ringOf } from './create-instrument.ts';
import { createEffects, echoTail, silence } from './effects.ts';
import type { Instrument } from './instrument.ts';
import type { Mix } from './mix.ts';
import { RecordedInstrument } from './recorded-instrument.ts';
import type { Recordings } from './recordings.ts';
import type { Samples } from './sampler.ts';
import { createGain } from './voices.ts';

/** Where and when a score is played, and its recordings. */
export interface ScheduleOptions {
  /** Receives everything except the reverbs. */
  readonly dry: AudioNode;
  /** Inputs of the reverbs, by the time in which they fall by 60 dB: one for each of `decaysOf(score)`. */
  readonly wet: ReadonlyMap<Seconds, AudioNode>;
  /** Recordings for `sampler` tracks. Default: a computed string. */
  readonly samples?: Samples | undefined;
  /** Keeps computed recordings from one score to the next. */
  readonly recordings?: Recordings;
  /** Makes what mixes the notes of a track beforehand, for a render of the whole score. Default: notes are nodes. */
  readonly createMix?: (length: Seconds) => Mix;
  /** Returns the time of the context at a place in the score. Default: the place itself. */
  readonly timeOf?: (place: Seconds) => Seconds;
  /** Notes that begin earlier in the score are left out. Default 0. */
  readonly from?: Seconds;
  /** Tells, before a note is scheduled, whether its time has passed: it is left out. Default: never. */
  readonly isOver?: (place: Seconds) => boolean;
}

/** Longest time that tails may ring after the last note. */
export const maxTail: Seconds = 8;

/** Decays of the reverbs that a score needs, each once. */
export function decaysOf(score: Score): readonly Seconds[] {
  return [...new Set(score.tracks.map(decayOf).filter((decay) => decay !== undefined))];
}

/** Echo and reverb fall at the same time: the slower one sets the length, the other one adds a little. */
function tailOf({ effects = {} }: Track): Seconds {
  const { reverb, delay } = effects;
  const echo = echoTail(delay);
  const wash = reverb && reverb.wet > silence ? roundDecay(reverb.decay) * (1 + Math.log10(reverb.wet) / 3) : 0;
  return Math.max(echo, wash) + Math.min(echo, wash) / 4;
}

/** When a score is silent: its duration or, if later, the end of the last tail, which is at most `maxTail` after the last note's end. */
export function endOf(score: Score): Seconds {
  return lastOf(score, tailOf);
}

/** When only the reverbs still sound. */
export function dryEndOf(score: Score): Seconds {
  return lastOf(score, ({ effects }) => echoTail(effects?.delay));
}

function lastOf(score: Score, tail: (track: Track) => Seconds): Seconds {
  return score.tracks.reduce((end, track) => {
    const rest = Math.min(maxTail, ringOf(track.instrument, track.options) + tail(track));
    return track.notes.reduce((last, note) => Math.max(last, note.time + note.duration + rest), end);
  }, score.duration);
}

/** A score whose graph is there, and whose notes are being scheduled. */
export interface Scheduling {
  /** The level of each track, in order; `undefined` for a track without notes. */
  readonly tracks: readonly (GainNode | undefined)[];
  /**
   * Schedules the notes of all tracks, one with each step: those of oscillators first, then all others in order of time, because they
   * may need a recording, which takes a while.
   */
  readonly notes: Iterator<void, void>;
}

/** One track's instrument and its notes. */
interface Player {
  readonly level: GainNode;
  readonly instrument: Instrument;
  readonly notes: Track['notes'];
}

/**
 * Builds the graph of a score in a context and schedules every note at its absolute time, without a transport or clock.
 * @returns the level of each track, in order; `undefined` for a track without notes.
 */
export function scheduleScore(
  context: InstrumentContext,
  score: Score,
  options: ScheduleOptions,
): readonly (GainNode | undefined)[] {
  const { tracks, notes } = beginScore(context, score, options);
  while (!notes.next().done);
  return tracks;
}

/** Builds the graph of a score, and leaves it to the caller when to schedule its notes. */
export function beginScore(context: InstrumentContext, score: Score, options: ScheduleOptions): Scheduling {
  const players = score.tracks.map((track, index) =>
    createPlayer(context, track, score.prngSeed + index * 0x9e3779b1, options),
  );
  return {
    tracks: players.map((player) => player?.level),
    notes: playAll(
      players.filter((player) => player !== undefined),
      options,
    ),
  };
}

function createPlayer(
  context: InstrumentContext,
  track: Track,
  seed: number,
  { dry, wet, samples, recordings, createMix, from = 0 }: ScheduleOptions,
): Player | undefined {
  const notes = track.notes.filter(({ time }) => time >= from);
  if (notes.length === 0) return undefined;
  const panner = context.createStereoPanner();
  panner.pan.value = track.pan ?? 0;
  panner.connect(dry);
  const { reverb, ...effects } = track.effects ?? {};
  const send = wet.get(decayOf(track) ?? 0);
  if (reverb && send) panner.connect(createGain(context, Math.min(1, reverb.wet), send));
  const level = createGain(context, track.gain ?? 1, panner);
  const instrument = createInstrument(track.instrument, {
    ...track.options,
    context,
    polyphony: mostHeld(notes),
    seed: seed >>> 0,
    ...(samples && { samples }),
    ...(recordings && { recordings }),
    ...(createMix && { mix: createMix(lengthOf(track)) }),
  });
  instrument.connect(createEffects(context, effects, level).input);
  return { level, instrument, notes };
}

function* playAll(
  players: readonly Player[],
  { timeOf = (place) => place, isOver = () => false }: ScheduleOptions,
): Generator<void, void> {
  const notes = players.flatMap(({ notes: own, instrument }) => own.map((note) => ({ note, instrument })));
  // Nodes of oscillators run from the start of the score on: they come first, and take no time. What is mixed has no order.
  const rank = ({ instrument, note }: (typeof notes)[number]): number =>
    instrument instanceof RecordedInstrument ? note.time : Number.NEGATIVE_INFINITY;
  const inOrder = notes
    .toSorted((a, b) => a.note.time - b.note.time)
    .toSorted((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
  for (const { note, instrument } of inOrder) {
    if (!isOver(note.time)) instrument.play({ ...note, time: timeOf(note.time) });
    yield;
  }
  for (const { instrument } of players) instrument.finish();
}

/** When the last note of a track is silent. */
function lengthOf({ instrument, options, notes }: Track): Seconds {
  const last = notes.reduce((end, { time, duration }) => Math.max(end, time + duration), 0);
  return last + ringOf(instrument, options) + 0.1;
}

/** Most notes that are held at a time. A note that ends when another one begins makes room for it. */
function mostHeld(notes: Track['notes']): number {
  const changes = notes.flatMap(({ time, duration }) => [
    { time, by: 1 },
    { time: time + duration, by: -1 },
  ]);
  let held = 0;
  return changes
    .toSorted((a, b) => a.time - b.time || a.by - b.by)
    .reduce((most, { by }) => {
      held += by;
      return Math.max(most, held);
    }, 1);
}

/** Tracks share one reverb per decay, rounded to half a second: a score has twelve at most. */
function roundDecay(decay: Seconds): Seconds {
  return Math.min(6, Math.max(0.5, Math.round(decay * 2) / 2));
}

/** Decay of the reverb that a track is sent to, if any. */
function decayOf({ effects, notes }: Track): Seconds | undefined {
  return effects?.reverb && effects.reverb.wet > 0 && notes.length > 0 ? roundDecay(effects.reverb.decay) : undefined;
}
