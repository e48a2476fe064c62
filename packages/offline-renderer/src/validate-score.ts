import type { Effects, InstrumentOptions, Score, Seconds, Track } from '@bnc/contracts';
import { RenderError } from './errors.ts';
import { instrumentNames } from './instruments/instrument-facts.ts';

/** Bounds on a score, checked before it is rendered. */
export interface ScoreLimits {
  /** Longest score. Default 120. */
  readonly maxDuration: Seconds;
  /** Most tracks. Default 32. */
  readonly maxTracks: number;
  /** Most notes in all tracks. Default 10,000. */
  readonly maxNotes: number;
  /** Most notes that may be held at the same time, over all tracks. Default 128. */
  readonly maxPolyphony: number;
}

/** The limits that apply by default. */
export const defaultLimits: ScoreLimits = { maxDuration: 120, maxTracks: 32, maxNotes: 10_000, maxPolyphony: 128 };

type Ranges = Readonly<Record<string, readonly [low: number, high: number]>>;

const effectRanges: Readonly<Record<keyof Effects, Ranges>> = {
  reverb: { wet: [0, 1], decay: [0.05, 10] },
  delay: { wet: [0, 1], time: [0.001, 2], feedback: [0, 0.95] },
  chorus: { wet: [0, 1], rate: [0.01, 20], depth: [0, 1] },
  phaser: { wet: [0, 1], rate: [0.01, 20] },
  distortion: { wet: [0, 1], amount: [0, 1] },
  filter: { frequency: [10, 20_000], Q: [0, 30] },
};

/**
 * Checks that a value is a score within the limits. `render` does this too; use it to refuse a score before it is queued.
 * @throws {RenderError} `RENDER_INVALID_SCORE` naming the first part that is wrong, its range and its value.
 */
export function validateScore(value: unknown, limits: Partial<ScoreLimits> = {}): asserts value is Score {
  const { maxDuration, maxTracks, maxNotes, maxPolyphony } = { ...defaultLimits, ...limits };
  checkRecord(value, 'The score');
  checkNumber(value.tempo, 'score.tempo', 20, 400);
  checkNumber(value.duration, 'score.duration', 0.01, maxDuration);
  checkNumber(value.prngSeed, 'score.prngSeed', -(2 ** 53), 2 ** 53);
  checkPresent(value, 'loudness', (loudness, place) => checkNumber(loudness, place, -60, -5), 'score');
  const { tracks, duration } = value;
  if (!Array.isArray(tracks)) refuse('score.tracks', 'must be a list');
  if (tracks.length > maxTracks) refuse('score.tracks', `must have at most ${maxTracks} tracks, not ${tracks.length}`);
  let notes = 0;
  for (const track of tracks as unknown[]) {
    notes += isRecord(track) && Array.isArray(track.notes) ? track.notes.length : 0;
  }
  if (notes > maxNotes) refuse('score.tracks', `must have at most ${maxNotes} notes, not ${notes}`);
  tracks.forEach((track, index) => {
    checkTrack(track, `score.tracks[${index}]`, Number(duration));
  });
  const polyphony = polyphonyOf(tracks as Track[]);
  if (polyphony > maxPolyphony) {
    refuse('score.tracks', `must hold at most ${maxPolyphony} notes at a time, not ${polyphony}`);
  }
}

function refuse(where: string, what: string): never {
  throw new RenderError('RENDER_INVALID_SCORE', `${where} ${what}. Nothing was rendered.`);
}

function show(value: unknown): string {
  return typeof value === 'string'
    ? `"${value.slice(0, 40)}"`
    : typeof value === 'number'
      ? String(value)
      : typeof value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkRecord(value: unknown, where: string): asserts value is Record<string, unknown> {
  if (!isRecord(value)) refuse(where, `must be an object, not ${value === null ? 'null' : typeof value}`);
}

function checkNumber(value: unknown, where: string, low: number, high: number): void {
  if (typeof value !== 'number' || !(value >= low && value <= high)) {
    refuse(where, `must be a number of ${low} to ${high}, not ${show(value)}`);
  }
}

function checkName(value: unknown, where: string, names: readonly string[]): void {
  if (typeof value !== 'string' || !names.includes(value)) {
    refuse(where, `must be one of ${names.join(', ')}, not ${show(value)}`);
  }
}

function checkPresent(
  record: Record<string, unknown>,
  key: string,
  check: (value: unknown, where: string) => void,
  where: string,
): void {
  if (record[key] !== undefined) check(record[key], `${where}.${key}`);
}

function checkRanges(value: unknown, where: string, ranges: Ranges, optional = false): void {
  checkRecord(value, where);
  for (const [key, [low, high]] of Object.entries(ranges)) {
    if (optional && value[key] === undefined) continue;
    checkNumber(value[key], `${where}.${key}`, low, high);
  }
}

function checkEffects(effects: unknown, where: string): void {
  checkRecord(effects, where);
  for (const key of Object.keys(effects)) checkName(key, `A key of ${where}`, Object.keys(effectRanges));
  for (const [name, ranges] of Object.entries(effectRanges)) {
    checkPresent(effects, name, (value, place) => checkRanges(value, place, ranges), where);
  }
  if (isRecord(effects.filter)) checkName(effects.filter.type, `${where}.filter.type`, ['lowpass', 'highpass']);
}

function checkOptions(options: unknown, where: string): void {
  checkRecord(options, where);
  const record: Partial<Record<keyof InstrumentOptions, unknown>> = options;
  if (record.oscillator !== undefined) {
    checkRecord(record.oscillator, `${where}.oscillator`);
    checkName(record.oscillator.type, `${where}.oscillator.type`, ['sine', 'square', 'sawtooth', 'triangle']);
  }
  if (record.envelope !== undefined) {
    const ranges: Ranges = { attack: [0, 10], decay: [0, 10], sustain: [0, 1], release: [0, 10] };
    checkRanges(record.envelope, `${where}.envelope`, ranges, true);
  }
  if (record.filter !== undefined) {
    checkRanges(record.filter, `${where}.filter`, { frequency: [10, 20_000] });
    checkRanges(record.filter, `${where}.filter`, { Q: [0, 30] }, true);
    const types = ['lowpass', 'highpass', 'bandpass'];
    checkPresent(
      record.filter as Record<string, unknown>,
      'type',
      (type, place) => checkName(type, place, types),
      `${where}.filter`,
    );
  }
  if (record.volume !== undefined) checkNumber(record.volume, `${where}.volume`, -100, 12);
}

function checkTrack(track: unknown, where: string, duration: Seconds): void {
  checkRecord(track, where);
  checkName(track.instrument, `${where}.instrument`, instrumentNames);
  checkPresent(track, 'gain', (gain, place) => checkNumber(gain, place, 0, 2), where);
  checkPresent(track, 'pan', (pan, place) => checkNumber(pan, place, -1, 1), where);
  checkPresent(track, 'options', checkOptions, where);
  checkPresent(track, 'effects', checkEffects, where);
  if (!Array.isArray(track.notes)) refuse(`${where}.notes`, 'must be a list');
  track.notes.forEach((note: unknown, index) => {
    const ranges: Ranges = { time: [0, duration], duration: [0, duration], midi: [0, 127], velocity: [0, 1] };
    checkRanges(note, `${where}.notes[${index}]`, ranges);
  });
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
