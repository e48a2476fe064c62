import type { EpochMs, Score, Seconds } from '@bnc/contracts';
import type { OfflineRenderer } from '@bnc/offline-renderer';
import type { Played, PlayedPhrase } from './play.ts';

/** Two channels of the same length. */
export type Stereo = readonly [Float32Array, Float32Array];

/** How fast a phrase fades when it yields, a bed when another one takes its place, and everything at the end. */
const yieldFade: Seconds = 0.08;
const bedFade: Seconds = 4;
const endFade: Seconds = 2;

/** What rings on after the last bar. */
const tail: Seconds = 5;

/** Phrases that are rendered before they are needed: enough for every process of the renderer. */
const ahead = 8;

/** How a piece is mixed. */
export interface MixOptions {
  readonly renderer: OfflineRenderer;
  readonly sampleRate: number;
  readonly hasBed: boolean;
  readonly signal: AbortSignal;
  /** Called with the number of phrases that have begun. */
  readonly onPhrase: (count: number) => void;
}

/** Returns the length of a piece in frames, its tail included. */
export function lengthOf({ phrases }: Played, sampleRate: number): number {
  const end = Math.max(...phrases.map(({ startAt, score }) => startAt + score.duration * 1000));
  return Math.ceil(((end - beginOf(phrases)) / 1000 + tail) * sampleRate);
}

function beginOf(phrases: readonly PlayedPhrase[]): EpochMs {
  return phrases[0]?.startAt ?? 0;
}

/** A sound in the mix, in frames from the start of the piece. */
interface Part {
  readonly first: number;
  readonly sound: Stereo;
  /** Level at a frame of the piece. */
  readonly level: (frame: number) => number;
}

/** Mixes a piece second by second, as listeners of clips hear it; no more is in memory than what sounds, and a little ahead. */
export async function* mix(played: Played, options: MixOptions): AsyncGenerator<Stereo> {
  const { sampleRate, onPhrase, hasBed } = options;
  const { phrases } = played;
  const begin = beginOf(phrases);
  const length = lengthOf(played, sampleRate);
  const frameOf = (at: EpochMs): number => Math.round(((at - begin) / 1000) * sampleRate);
  const bed = hasBed ? new BedMixer(played, options, begin) : undefined;
  const rendering: Promise<Stereo>[] = [];
  let begun = 0;
  let parts: Part[] = [];
  for (let start = 0; start < length; start += sampleRate) {
    const end = Math.min(start + sampleRate, length);
    const block: Stereo = [new Float32Array(end - start), new Float32Array(end - start)];
    for (let next = phrases[begun]; next && frameOf(next.startAt) < end; next = phrases[begun]) {
      for (const phrase of phrases.slice(begun + rendering.length, begun + ahead)) {
        const sound = renderScore(phrase.score, options);
        // It is awaited in its turn; until then a failure is nobody's.
        sound.catch(() => {});
        rendering.push(sound);
      }
      const sound = await (rendering.shift() ?? renderScore(next.score, options));
      const { startAt, yieldsAt = Number.POSITIVE_INFINITY } = next;
      fadeOut(sound, ((yieldsAt - startAt) / 1000) * sampleRate, sampleRate * yieldFade);
      parts.push({ first: frameOf(next.startAt), sound, level: () => 1 });
      onPhrase(++begun);
    }
    for (const part of [...((await bed?.partsIn(start, end)) ?? []), ...parts]) addPart(part, start, block);
    parts = parts.filter(({ first, sound }) => first + sound[0].length > end);
    fadeOut(block, length - endFade * sampleRate - start, sampleRate * endFade);
    yield block;
  }
}

/** The loops of the beds: each is rendered once, and repeats in phase with the epoch. */
class BedMixer {
  readonly #played: Played;
  readonly #options: MixOptions;
  readonly #begin: EpochMs;
  readonly #sounds = new Map<string, Promise<Stereo>>();

  constructor(played: Played, options: MixOptions, begin: EpochMs) {
    this.#played = played;
    this.#options = options;
    this.#begin = begin;
  }

  async partsIn(start: number, end: number): Promise<readonly Part[]> {
    const { sampleRate } = this.#options;
    const parts: Part[] = [];
    for (const [place, { bed, from }] of this.#played.beds.entries()) {
      const until = this.#played.beds[place + 1]?.from ?? Number.POSITIVE_INFINITY;
      const [rise, fall] = [this.#frameOf(from), this.#frameOf(until)];
      const slope = bedFade * sampleRate;
      if (rise >= end || fall + slope < start) continue;
      const level = (frame: number): number =>
        Math.max(0, Math.min(1, (frame - rise) / slope, (fall - frame) / slope + 1));
      for (const [index, { score, lengthBars }] of bed.loops.entries()) {
        const sound = await this.#render(`${bed.id} ${index}`, score);
        const everyMs = (lengthBars * 240_000) / bed.tempo;
        const every = (everyMs / 1000) * sampleRate;
        const origin = this.#frameOf(Math.floor(this.#begin / everyMs) * everyMs);
        // A turn rings on over the beginning of the next one.
        for (let turn = Math.floor((start - origin - sound[0].length) / every); origin + turn * every < end; turn++) {
          parts.push({ first: Math.round(origin + turn * every), sound, level });
        }
      }
    }
    return parts;
  }

  #frameOf(at: EpochMs): number {
    return Math.round(((at - this.#begin) / 1000) * this.#options.sampleRate);
  }

  #render(id: string, score: Score): Promise<Stereo> {
    const known = this.#sounds.get(id) ?? renderScore(score, this.#options);
    this.#sounds.set(id, known);
    return known;
  }
}

async function renderScore(score: Score, { renderer, sampleRate, signal }: MixOptions): Promise<Stereo> {
  const buffer = await renderer.render(score, { signal, sampleRate });
  const left = buffer.getChannelData(0);
  return [left, buffer.numberOfChannels > 1 ? buffer.getChannelData(1) : left];
}

function fadeOut(sound: Stereo, from: number, length: number): void {
  for (const samples of new Set(sound)) {
    for (let i = Math.max(0, Math.round(from)); i < samples.length; i++) {
      samples[i] = (samples[i] ?? 0) * Math.max(0, 1 - (i - from) / length);
    }
  }
}

function addPart({ first, sound, level }: Part, start: number, block: Stereo): void {
  const to = Math.min(start + block[0].length, first + sound[0].length);
  for (let at = Math.max(start, first); at < to; ) {
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
