import type { Score } from '@bnc/contracts';
import { mulberry32 } from '@bnc/music-engine/mulberry32';
import { spectrum } from '@bnc/testing/sound';
import { gainOf, renderTracks, type Stereo, sampleRate } from './mix.ts';

/** What is heard of a sound's beginning. */
export type Sketch = readonly number[];

/** The beginning that is listened to, in slices of a tenth of a second: about what short-term memory keeps apart. */
const slices = 13;
const sliceSeconds = 0.1;
const frameSize = 4096;

/**
 * A person's error for each attribute of a slice: level against the loudest in dB, place from -1 to 1, brightness in octaves. They
 * are several times what a trained listener can notice: 1 dB (Zwicker & Fastl, "Psychoacoustics", 7), 5-10 degrees of
 * 60 (Mills 1958), 5 % of the centroid (Allen & Oxenham, JASA 135, 2014); because a listener at work compares with memory, not with
 * a second sound. Half of the variance of place and brightness is one error of the whole hearing: it does not average out over slices.
 */
const errors = [3, 0.2, 0.3] as const;
/** The errors of all attributes of a sketch. */
export const sketchErrors: readonly number[] = Array.from({ length: slices * 3 }, (_, i) => errors[i % 3] ?? 0);
/** Nobody knows within this time when a sound begins, in seconds. */
const startError = 0.015;

/** Renders the beginning of a score as it sounds in the whole, at its loudness. */
export async function renderBeginning(score: Score): Promise<Stereo> {
  const end = slices * sliceSeconds + 0.2;
  const tracks = score.tracks.map((track) => ({
    ...track,
    notes: track.notes.flatMap((note) =>
      note.time < end ? [{ ...note, duration: Math.min(note.duration, end - note.time) }] : [],
    ),
  }));
  return renderTracks(
    { ...score, duration: end, tracks: tracks.filter(({ notes }) => notes.length > 0) },
    () => true,
    await gainOf(score),
  );
}

/**
 * Hears a beginning coarsely: for each tenth of a second how loud, where, and how bright it is, without its absolute loudness.
 * Timbre, rhythm, place and register all show in these; pitch, which people remember least (Brewster, Wright & Edwards 1995), does
 * not.
 */
export function sketchOf([left, right]: Stereo, seed: number): Sketch {
  const noise = gaussian(seed);
  const shift = Math.max(0, noise() * startError);
  const whole = [0, noise(), noise()];
  const heard = Array.from({ length: slices }, (_, slice) => {
    const at = Math.round((slice * sliceSeconds + shift) * sampleRate);
    return [spectrum(left, frameSize, at), spectrum(right, frameSize, at)] as const;
  });
  const energies = heard.map((sides) => sides.map((side) => side.reduce((sum, each) => sum + each * each, 0)));
  const loudest = Math.max(...energies.map(([l = 0, r = 0]) => l + r), 1e-20);
  return heard.flatMap(([one, other], slice) => {
    const [l = 0, r = 0] = energies[slice] ?? [];
    const level = Math.max(-36, 10 * Math.log10((l + r) / loudest + 1e-9));
    const isHeard = level > -30;
    const place = isHeard ? (r - l) / (r + l) : 0;
    const brightness = isHeard ? Math.log2(centroid(one, other) / 1000) : 0;
    return [level, place, brightness].map((value, i) => {
      const error = i === 0 ? noise() : (noise() + (whole[i] ?? 0)) / Math.SQRT2;
      return value + error * (errors[i] ?? 0);
    });
  });
}

function centroid(left: Float64Array, right: Float64Array): number {
  let [weighted, total] = [0, 0];
  left.forEach((magnitude, bin) => {
    const power = magnitude ** 2 + (right[bin] ?? 0) ** 2;
    weighted += (power * bin * sampleRate) / frameSize;
    total += power;
  });
  return Math.max(20, weighted / (total + 1e-20));
}

/** Numbers of a normal distribution, by Box and Muller. */
export function gaussian(seed: number): () => number {
  const next = mulberry32(seed);
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

/** A sketch and what it is of. */
export interface Heard {
  readonly name: string;
  readonly sketch: Sketch;
}

/**
 * Names sketches by the class, of those that were learned, whose mean lies nearest in units of what varies within classes and of
 * the ear's errors (linear discriminants without covariances): a few hearings are enough for that.
 * @returns for each name the share of its sketches that were named right
 */
export function recognise(
  learned: readonly Heard[],
  tested: readonly Heard[],
  errors: readonly number[] = sketchErrors,
): ReadonlyMap<string, number> {
  const nameOf = learn(learned, errors);
  const named = Map.groupBy(tested, ({ name }) => name);
  return new Map(
    [...named].map(([name, all]) => [name, all.filter(({ sketch }) => nameOf(sketch) === name).length / all.length]),
  );
}

/** Learns classes, and returns what names a sketch. */
export function learn(learned: readonly Heard[], errors: readonly number[]): (sketch: Sketch) => string | undefined {
  const classes = [...Map.groupBy(learned, ({ name }) => name)].map(([name, all]) => {
    const mean = meanOf(all.map(({ sketch }) => sketch));
    return { name, mean, off: all.map(({ sketch }) => sketch.map((value, i) => (value - (mean[i] ?? 0)) ** 2)) };
  });
  const within = meanOf(classes.flatMap(({ off }) => off));
  const spread = within.map((value, i) => value + (errors[i] ?? 1) ** 2 / 2);
  const costOf = (sketch: Sketch, mean: Sketch): number =>
    sketch.reduce((sum, value, i) => sum + (value - (mean[i] ?? 0)) ** 2 / (spread[i] ?? 1), 0);
  return (sketch) =>
    classes.map(({ name, mean }) => ({ name, cost: costOf(sketch, mean) })).toSorted((a, b) => a.cost - b.cost)[0]
      ?.name;
}

function meanOf(rows: readonly Sketch[]): number[] {
  return (rows[0] ?? []).map((_, i) => rows.reduce((sum, row) => sum + (row[i] ?? 0), 0) / rows.length);
}
