import type { EpochMs, Score, Seconds } from '@bnc/contracts';
import { bedFade, bedFadeSeconds } from '@bnc/music-engine/bed-fade';
import { integratedLoudness } from '../../src/master/loudness.ts';
import type { BedLoop, Played, Sound } from './played.ts';

// The engine before what uses it, as in the render process.
await import('../../src/engine.ts');
const { OfflineAudioContext } = await import('node-web-audio-api');
// A browser has it: `renderScore` is what pages call.
Object.assign(globalThis, { OfflineAudioContext });
const { ScoreRenderer } = await import('../../src/process/render-score.ts');
const { renderScore } = await import('../../src/instruments/render-score.ts');
const { endOf } = await import('../../src/instruments/schedule-score.ts');

export const sampleRate = 44_100;

/** How listeners get the music: as scores that their browser plays, or as clips that the server has rendered and mastered. */
export type Way = 'score' | 'clip';

/** Two channels of the same length. */
export type Stereo = readonly [Float32Array, Float32Array];

/** How fast a clip fades when it yields. */
const yieldFade: Seconds = 0.08;

const renderer = new ScoreRenderer();

/** Renders a score as a listener gets it. What begins after `until` is not played. */
export async function renderAs(way: Way, score: Score, until: Seconds = Number.POSITIVE_INFINITY): Promise<Stereo> {
  if (way === 'clip') {
    const [left, right] = (await renderer.render(score, sampleRate)).channels;
    const clip: Stereo = [left ?? new Float32Array(), right ?? left ?? new Float32Array()];
    for (const samples of clip) fadeOut(samples, until);
    return clip;
  }
  const gain = await renderer.measureGain(score);
  const heard = {
    ...score,
    tracks: score.tracks.map((track) => ({ ...track, notes: track.notes.filter(({ time }) => time < until) })),
  };
  const length = Math.ceil(endOf(heard) * sampleRate);
  const buffer = await renderScore({ score: heard, gain, sampleRate, length });
  // Copies: the engine frees the samples with their buffer.
  return [buffer.getChannelData(0).slice(), buffer.getChannelData(1).slice()];
}

/** Renders some tracks of a score at the level that they have in the whole. */
export async function renderTracks(score: Score, isWanted: (index: number) => boolean, gain: number): Promise<Stereo> {
  const end = endOf(score);
  const part = { ...score, duration: end, tracks: score.tracks.filter((_, index) => isWanted(index)) };
  const { channels } = await renderer.renderMix(part, sampleRate);
  const loud = channels.map((samples) => samples.map((sample) => sample * gain));
  return [loud[0] ?? new Float32Array(), loud[1] ?? new Float32Array()];
}

/** The factor that brings a score to its loudness. */
export function gainOf(score: Score): Promise<number> {
  return renderer.measureGain(score);
}

/** Loudness of one sound by BS.1770. */
export function loudnessOf(sound: Stereo): number {
  return integratedLoudness(sound, sampleRate);
}

function fadeOut(samples: Float32Array, from: Seconds): void {
  if (!Number.isFinite(from)) return;
  const first = Math.round(from * sampleRate);
  const length = Math.round(yieldFade * sampleRate);
  for (let i = first; i < samples.length; i++) {
    samples[i] = (samples[i] ?? 0) * Math.max(0, 1 - (i - first) / length);
  }
}

/** A sound in the mix, in frames from the start of the hour. */
interface Part {
  readonly first: number;
  readonly sound: Stereo;
  /** Level at a frame of the hour. */
  readonly level: (frame: number) => number;
}

function addPart({ first, sound, level }: Part, start: number, block: Stereo): void {
  const from = Math.max(start, first);
  const to = Math.min(start + block[0].length, first + sound[0].length);
  for (let at = from; at < to; ) {
    // The level moves in steps of 256 frames: nobody hears those in a fade of seconds.
    const end = Math.min(to, at + 256);
    const gain = level(at);
    for (const side of [0, 1] as const) {
      const [into, out] = [block[side], sound[side]];
      for (let i = at; i < end; i++) into[i - start] = (into[i - start] ?? 0) + gain * (out[i - first] ?? 0);
    }
    at = end;
  }
}

function fadeOf({ from, until }: BedLoop, begin: EpochMs): (frame: number) => number {
  const place = (at: EpochMs): number => ((at - begin) / 1000) * sampleRate;
  const [rise, fall] = [place(from), place(until)];
  const slope = bedFadeSeconds * sampleRate;
  return (frame) => bedFade((frame - rise) / slope) * bedFade((fall - frame) / slope + 1);
}

/** Options of `mixHour`. */
export interface MixOptions {
  readonly way: Way;
  readonly begin: EpochMs;
  readonly seconds: number;
  /** Called with each phrase and its sound, in order of time. */
  readonly onSound?: (sound: Sound, heard: Stereo) => void;
  /** Called with each part of the bed that was rendered, and the CPU seconds that it cost. */
  readonly onLoop?: (loop: BedLoop, heard: Stereo, cpuSeconds: number) => void;
}

/**
 * Mixes an hour second by second: each phrase is rendered once, when it begins, and forgotten when it has rung out; each loop
 * of the bed is rendered once and repeated.
 */
export async function* mixHour({ sounds, loops }: Played, options: MixOptions): AsyncGenerator<Stereo> {
  const { way, begin, seconds, onSound, onLoop } = options;
  const frameOf = (at: EpochMs): number => Math.round(((at - begin) / 1000) * sampleRate);
  const waiting = sounds.toSorted((a, b) => a.startAt - b.startAt);
  const beds = new Map<string, Stereo>();
  let parts: Part[] = [];
  for (let second = 0; second < seconds; second++) {
    const [start, end] = [second * sampleRate, (second + 1) * sampleRate];
    const block: Stereo = [new Float32Array(sampleRate), new Float32Array(sampleRate)];
    for (let next = waiting[0]; next && frameOf(next.startAt) < end; next = waiting[0]) {
      waiting.shift();
      const { score, startAt, yieldsAt } = next;
      const sound = await renderAs(way, score, yieldsAt === undefined ? undefined : (yieldsAt - startAt) / 1000);
      onSound?.(next, sound);
      parts.push({ first: frameOf(startAt), sound, level: () => 1 });
    }
    const sounding = loops.filter(
      ({ from, until }) => frameOf(from) < end && frameOf(until) + bedFadeSeconds * sampleRate >= start,
    );
    // An hour of beds is more than a gigabyte: one that comes again is rendered again.
    for (const id of beds.keys()) if (!sounding.some((loop) => loop.id === id)) beds.delete(id);
    for (const loop of sounding) {
      const sound = beds.get(loop.id) ?? (await renderLoop(loop, way, onLoop));
      beds.set(loop.id, sound);
      const every = (loop.everyMs / 1000) * sampleRate;
      const level = fadeOf(loop, begin);
      const origin = frameOf(Math.floor(begin / loop.everyMs) * loop.everyMs);
      // A turn rings on over the beginning of the next one.
      const oldest = Math.floor((start - origin - sound[0].length) / every);
      for (let turn = oldest; origin + turn * every < end; turn++) {
        addPart({ first: Math.round(origin + turn * every), sound, level }, start, block);
      }
    }
    for (const part of parts) addPart(part, start, block);
    parts = parts.filter(({ first, sound }) => first + sound[0].length > end);
    yield block;
  }
}

async function renderLoop(loop: BedLoop, way: Way, onLoop: MixOptions['onLoop']): Promise<Stereo> {
  const before = process.cpuUsage();
  const sound = await renderAs(way, loop.score);
  const { user, system } = process.cpuUsage(before);
  onLoop?.(loop, sound, (user + system) / 1e6);
  return sound;
}
