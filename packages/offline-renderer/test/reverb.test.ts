import { mulberry32 } from '@bnc/music-engine/mulberry32';
import { decibels, rms } from '@bnc/testing/sound';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NoteMix } from '../src/process/note-mix.ts';
import { renderMix } from './render.ts';
import { createPiece, scoreOf } from './score.ts';

const { blockFrames, Convolver, loadWorkspace } = await import('../src/process/convolver.ts');
const { createNativeContext } = await import('../src/engine.ts');
const { createReverb } = await import('../src/instruments/effects.ts');
const { decaysOf, endOf, scheduleScore } = await import('../src/instruments/schedule-score.ts');

const workspace = await loadWorkspace();

function noise(length: number, seed: number): Float32Array {
  const random = mulberry32(seed);
  return Float32Array.from({ length }, () => random() * 2 - 1);
}

function convolve(response: Float32Array, samples: Float32Array): Float32Array {
  const convolver = new Convolver(workspace, response);
  const result = new Float32Array(samples.length);
  for (let from = 0; from < samples.length; from += blockFrames) {
    convolver.addTo(result.subarray(from, from + blockFrames), samples.subarray(from, from + blockFrames));
  }
  convolver.close();
  return result;
}

/** Largest difference of two sounds beside the level of the first. */
function difference(expected: Float32Array, actual: Float32Array): number {
  return (
    decibels(expected.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (actual[i] ?? Number.NaN))), 0)) -
    decibels(rms(expected))
  );
}

describe('convolution', () => {
  it('is the sum of shifted responses, for sounds and responses of any length', () => {
    const lengths = fc.integer({ min: 1, max: 3 * blockFrames });
    fc.assert(
      fc.property(lengths, lengths, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), (long, tail, places) => {
        const response = noise(tail, long);
        const clicks = new Float32Array(long);
        for (const [i, place] of places.entries()) clicks[place % long] = 1 - i / 8;
        const expected = new Float32Array(long);
        clicks.forEach((click, from) => {
          if (click === 0) return;
          for (let at = from; at < Math.min(long, from + tail); at++) {
            expected[at] = (expected[at] ?? 0) + click * (response[at - from] ?? 0);
          }
        });
        expect(difference(expected, convolve(response, clicks))).toBeLessThan(-80);
      }),
      { numRuns: 12, seed: 5, examples: [[1, 1, [0]]] },
    );
  });

  it('rings on through silence, and falls silent for good after that', () => {
    const burst = new Float32Array(6 * blockFrames);
    burst.set(noise(1000, 1));
    const wet = convolve(noise(2 * blockFrames, 2), burst);
    expect(rms(wet.subarray(blockFrames, 2 * blockFrames))).toBeGreaterThan(1);
    expect(wet.subarray(3 * blockFrames).every((sample) => sample === 0)).toBe(true);
  });
});

describe('the reverb of a score', () => {
  it.each([44_100, 8000])(
    "sounds as the engine's own convolver does in the graph, with all twelve decays (%i Hz)",
    async (rate) => {
      const piece = createPiece(1);
      const notes = [{ time: 0.2, duration: 0.3, midi: 60, velocity: 0.5 }];
      const decays = Array.from({ length: 12 }, (_, i) => 0.5 + i / 2);
      const tracks = decays.map((decay, i) => ({
        instrument: 'pluck' as const,
        pan: i / 6 - 1,
        effects: { reverb: { wet: 0.5, decay } },
        notes,
      }));
      const score = { ...piece, tracks: [...piece.tracks, ...tracks] };
      const native = createNativeContext(2, Math.ceil((endOf(score) + 1) * rate), rate);
      const dry = native.destination;
      const wet = new Map(decaysOf(score).map((decay) => [decay, createReverb(native, decay, dry)]));
      const createMix = (length: number): NoteMix => new NoteMix(native, length);
      scheduleScore(native, score, { dry, wet, createMix });
      const there = await native.startRendering();
      const here = await renderMix(score, rate);
      expect(decaysOf(score).toSorted((a, b) => a - b)).toEqual(decays);
      for (const channel of [0, 1]) {
        expect(difference(there.getChannelData(channel), here.getChannelData(channel))).toBeLessThan(-80);
      }
    },
  );

  it('is one for all tracks with about the same decay, and none for those that are dry', () => {
    const note = { time: 0, duration: 0.5, midi: 60, velocity: 0.8 };
    const trackOf = (wet: number, decay: number) => ({
      ...scoreOf('bell', [note], { effects: { reverb: { wet, decay } } }).tracks[0],
      instrument: 'bell' as const,
      notes: [note],
    });
    const tracks = [trackOf(0.2, 1.4), trackOf(0.3, 1.6), trackOf(0, 3), trackOf(0.1, 6)];
    expect(decaysOf({ tempo: 120, duration: 1, prngSeed: 1, tracks })).toEqual([1.5, 6]);
  });
});
