import type { AudioBufferLike, Score } from '@bnc/contracts';
import type { Samples } from '../src/instruments/sampler.ts';
import { toBuffer } from '../src/pool/messages.ts';

// The engine before Tone.js, as in the render process.
await import('../src/engine.ts');
const { ScoreRenderer } = await import('../src/process/render-score.ts');
const { endOf } = await import('../src/instruments/schedule-score.ts');

/** How long each instrument rings. */
export const { ringOf } = await import('../src/instruments.ts');

const renderer = new ScoreRenderer();

/** Renders in this process: tests of sound need no pool. */
export async function render(score: Score, sampleRate = 44_100, samples?: Samples): Promise<AudioBufferLike> {
  return toBuffer(await renderer.render(score, sampleRate, { samples }));
}

/** Renders without the master, with a second of room after the tail. */
export async function renderMix(score: Score, sampleRate = 44_100): Promise<AudioBufferLike> {
  return toBuffer(await renderer.renderMix({ ...score, duration: endOf(score) + 1 }, sampleRate));
}
