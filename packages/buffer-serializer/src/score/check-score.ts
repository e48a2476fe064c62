import type { Effects, InstrumentName, InstrumentOptions, Score, ScoreLimits, Seconds, Track } from '@bnc/contracts';
import { SerializerError } from '../errors.ts';

/** The limits of scores that apply by default: 120 s, 32 tracks, 10,000 notes, 128 of them at a time. */
export const defaultScoreLimits: Readonly<ScoreLimits> = {
  maxDuration: 120,
  maxTracks: 32,
  maxNotes: 10_000,
  maxPolyphony: 128,
};

/** Every instrument; the type demands each name, so that none is forgotten here. */
const instruments: Readonly<Record<InstrumentName, true>> = {
  synth: true,
  fmSynth: true,
  polySynth: true,
  sampler: true,
  bass: true,
  pad: true,
  strings: true,
  pluck: true,
  harp: true,
  bell: true,
  epiano: true,
  marimba: true,
  vibraphone: true,
  reed: true,
  brass: true,
  flute: true,
  kick: true,
  snare: true,
  hat: true,
  drum: true,
  purr: true,
  meow: true,
  chirp: true,
  trill: true,
  mrrp: true,
  hiss: true,
};

type Ranges = Readonly<Record<string, readonly [low: number, high: number]>>;

const effectRanges: Readonly<Record<keyof Effects, Ranges>> = {
  reverb: { wet: [0, 1], decay: [0.05, 10] },
  delay: { wet: [0, 1], time: [0.001, 2], feedback: [0, 0.95] },
  chorus: { wet: [0, 1], rate: [0.01, 20], depth: [0, 1] },
  phaser: { wet: [0, 1], rate: [0.01, 20] },
  distortion: { wet: [0, 1], amount: [0, 1] },
  filter: { frequency: [10, 20_000], Q: [0, 30] },
};

type Check = (value: unknown, where: string) => void;

const optionChecks: Readonly<Record<keyof InstrumentOptions, Check>> = {
  oscillator(value, where) {
    checkRecord(value, where);
    checkName(value.type, `${where}.type`, ['sine', 'square', 'sawtooth', 'triangle']);
  },
  envelope(value, where) {
    checkRanges(value, where, { attack: [0, 10], decay: [0, 10], sustain: [0, 1], release: [0, 10] }, true);
  },
  filter(value, where) {
    checkRanges(value, where, { frequency: [10, 20_000] });
    checkRanges(value, where, { Q: [0, 30] }, true);
    checkPresent(value as Record<string, unknown>, 'type', where, (type, place) => {
      checkName(type, place, ['lowpass', 'highpass', 'bandpass']);
    });
  },
  volume(value, where) {
    checkNumber(value, where, -100, 12);
  },
  brightness(value, where) {
    checkNumber(value, where, 1, 20);
  },
  vibrato(value, where) {
    checkNumber(value, where, 0, 100);
  },
  contour(value, where) {
    checkName(value, where, ['greeting', 'question', 'sad']);
  },
  tract(value, where) {
    checkNumber(value, where, 8, 10);
  },
};

/**
 * Checks that a value is a score within the limits: every number in its range, every name known. It allocates nothing
 * that the value could make large.
 *
 * @throws {SerializerError} `SERIALIZER_LIMIT` when the score is too long, or has too many tracks, notes or notes at a
 * time; `SERIALIZER_INVALID` for everything else. The message names the first part that is wrong, its range and its
 * value.
 * @example
 * checkScore({ tempo: 120, duration: 2, prngSeed: 1, tracks: [] }) // returns; the value is a Score
 */
export function checkScore(value: unknown, limits: Partial<ScoreLimits> = {}): asserts value is Score {
  const { maxDuration, maxTracks, maxNotes, maxPolyphony } = { ...defaultScoreLimits, ...limits };
  checkRecord(value, 'The score');
  const { tracks, duration } = value;
  checkNumber(value.tempo, 'score.tempo', 20, 400);
  checkNumber(duration, 'score.duration', 0.01, maxDuration);
  checkNumber(value.prngSeed, 'score.prngSeed', -(2 ** 53), 2 ** 53);
  checkPresent(value, 'loudness', 'score', (loudness, place) => checkNumber(loudness, place, -60, -5));
  if (!Array.isArray(tracks)) throw invalid('score.tracks', 'must be a list');
  checkCount(tracks.length, maxTracks, 'have', 'tracks');
  let notes = 0;
  for (const track of tracks as unknown[]) {
    notes += isRecord(track) && Array.isArray(track.notes) ? track.notes.length : 0;
  }
  checkCount(notes, maxNotes, 'have', 'notes');
  for (const [index, track] of (tracks as unknown[]).entries()) {
    checkTrack(track, `score.tracks[${index}]`, Number(duration));
  }
  checkCount(polyphonyOf(tracks as Track[]), maxPolyphony, 'hold', 'notes at a time');
}

/** Refuses a number of things above a limit. */
export function checkCount(count: number, most: number, verb: 'have' | 'hold', things: string): void {
  if (count <= most) return;
  throw new SerializerError('SERIALIZER_LIMIT', `score.tracks must ${verb} at most ${most} ${things}, not ${count}.`);
}

function invalid(where: string, what: string): SerializerError {
  return new SerializerError('SERIALIZER_INVALID', `${where} ${what}.`);
}

function show(value: unknown): string {
  if (typeof value === 'string') return `"${value.slice(0, 40)}"`;
  return typeof value === 'number' ? String(value) : typeof value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkRecord(value: unknown, where: string): asserts value is Record<string, unknown> {
  if (!isRecord(value)) throw invalid(where, `must be an object, not ${value === null ? 'null' : typeof value}`);
}

function checkNumber(value: unknown, where: string, low: number, high: number): void {
  if (typeof value === 'number' && value >= low && value <= high) return;
  const tooLong = where === 'score.duration' && typeof value === 'number' && value > high;
  const message = `must be a number of ${low} to ${high}, not ${show(value)}`;
  throw tooLong ? new SerializerError('SERIALIZER_LIMIT', `${where} ${message}.`) : invalid(where, message);
}

function checkName(value: unknown, where: string, names: readonly string[]): void {
  if (typeof value !== 'string' || !names.includes(value)) {
    throw invalid(where, `must be one of ${names.join(', ')}, not ${show(value)}`);
  }
}

function checkPresent(record: Readonly<Record<string, unknown>>, key: string, where: string, check: Check): void {
  if (record[key] !== undefined) check(record[key], `${where}.${key}`);
}

/** Checks the known fields of a record and refuses any other, which could ask for something that nobody checks. */
function checkFields(value: unknown, where: string, checks: Readonly<Record<string, Check>>): void {
  checkRecord(value, where);
  for (const key of Object.keys(value)) checkName(key, `A key of ${where}`, Object.keys(checks));
  for (const [key, check] of Object.entries(checks)) checkPresent(value, key, where, check);
}

function checkRanges(value: unknown, where: string, ranges: Ranges, optional = false): void {
  checkRecord(value, where);
  for (const [key, [low, high]] of Object.entries(ranges)) {
    if (optional && value[key] === undefined) continue;
    checkNumber(value[key], `${where}.${key}`, low, high);
  }
}

const effectChecks: Readonly<Record<string, Check>> = Object.fromEntries(
  Object.entries(effectRanges).map(([name, ranges]): [string, Check] => [
    name,
    (value, where) => {
      checkRanges(value, where, ranges);
      if (name === 'filter') checkName((value as { type?: unknown }).type, `${where}.type`, ['lowpass', 'highpass']);
    },
  ]),
);

const noteRanges = { midi: [0, 127], velocity: [0, 1] } as const;

function checkTrack(track: unknown, where: string, duration: Seconds): void {
  checkRecord(track, where);
  checkName(track.instrument, `${where}.instrument`, Object.keys(instruments));
  checkPresent(track, 'gain', where, (gain, place) => checkNumber(gain, place, 0, 2));
  checkPresent(track, 'pan', where, (pan, place) => checkNumber(pan, place, -1, 1));
  checkPresent(track, 'options', where, (options, place) => checkFields(options, place, optionChecks));
  checkPresent(track, 'effects', where, (effects, place) => checkFields(effects, place, effectChecks));
  if (!Array.isArray(track.notes)) throw invalid(`${where}.notes`, 'must be a list');
  const ranges: Ranges = { time: [0, duration], duration: [0, duration], ...noteRanges };
  for (const [index, note] of (track.notes as unknown[]).entries()) {
    checkRanges(note, `${where}.notes[${index}]`, ranges);
  }
}

function polyphonyOf(tracks: readonly Track[]): number {
  const changes = tracks.flatMap(({ notes }) =>
    notes.flatMap(({ time, duration }) => [
      { time, change: 1 },
      { time: time + duration, change: -1 },
    ]),
  );
  changes.sort((a, b) => a.time - b.time || a.change - b.change);
  let held = 0;
  return changes.reduce((most, { change }) => {
    held += change;
    return Math.max(most, held);
  }, 0);
}
