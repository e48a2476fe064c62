import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { InstrumentName } from '@bnc/contracts';
import { decibels, envelope, largestStep, peak, rms, slice, spectralCentroid, toMono } from '@bnc/testing/sound';
import { describe, expect, it } from 'vitest';
import { Recordings } from '../src/instruments/recordings.ts';
import { recordPad, recordStrings } from '../src/instruments/sounds/ensemble.ts';
import { recordHarp, recordPluck } from '../src/instruments/sounds/plucked.ts';
import { recordBell, recordElectricPiano, recordMarimba, recordVibraphone } from '../src/instruments/sounds/struck.ts';
import { recordReed } from '../src/instruments/sounds/winds.ts';
import { truePeak } from '../src/master/true-peak.ts';
import { render, renderMix } from './render.ts';
import { scoreOf } from './score.ts';

const rate = 44_100;
const leads = ['epiano', 'marimba', 'vibraphone', 'pluck', 'reed', 'brass', 'flute', 'bell'] as const;

async function play(instrument: InstrumentName, midi: number, velocity: number, duration = 0.6): Promise<Float32Array> {
  return toMono(await renderMix(scoreOf(instrument, [{ time: 0, duration, midi, velocity }], { duration })));
}

function take(midi: number, velocity = 0.6) {
  return { midi, velocity, sampleRate: rate, duration: 0, turn: 0, contour: 'greeting', tract: 9 } as const;
}

/** Time in which the level falls by 20 dB, three times: from 0.1 s on. */
function decayOf(samples: Float32Array): number {
  const levels = envelope(samples, rate, 0.02, 0.005).slice(20);
  const start = decibels(levels[0] ?? 0);
  const fallen = levels.findIndex((level) => decibels(level) < start - 20);
  return 3 * fallen * 0.005 || Number.POSITIVE_INFINITY;
}

describe('computed recordings', () => {
  it.each(leads)('%s gets at least 0.4 octaves brighter from velocity 0.3 to 0.9', async (instrument) => {
    const [soft, hard] = await Promise.all(
      [0.3, 0.9].map(async (velocity) => spectralCentroid(await play(instrument, 67, velocity), rate, { to: 0.6 })),
    );
    expect(Math.log2((hard ?? 0) / (soft ?? 1))).toBeGreaterThan(0.4);
  });

  it.each([...leads, 'harp', 'bass', 'pad', 'strings'] as const)(
    '%s never gets duller with velocity, and is brighter at the hardest, low and high',
    async (instrument) => {
      for (const midi of [48, 67, 79]) {
        const octaves: number[] = [];
        for (const velocity of [0.1, 0.3, 0.5, 0.7, 0.9]) {
          octaves.push(Math.log2(spectralCentroid(await play(instrument, midi, velocity), rate, { to: 0.6 })));
        }
        for (const [i, octave] of octaves.slice(1).entries()) {
          expect(octave - (octaves[i] ?? 0), `MIDI ${midi}`).toBeGreaterThan(-0.01);
        }
        expect((octaves.at(-1) ?? 0) - (octaves[0] ?? 0), `MIDI ${midi}`).toBeGreaterThan(0.08);
      }
    },
  );

  it.each(leads)('%s gets louder with velocity, at each step', async (instrument) => {
    const levels: number[] = [];
    for (const velocity of [0.1, 0.24, 0.26, 0.4, 0.6, 0.8, 1]) {
      levels.push(decibels(rms((await play(instrument, 60, velocity)).subarray(0, rate / 2))));
    }
    for (const [i, level] of levels.slice(1).entries()) expect(level).toBeGreaterThan((levels[i] ?? 0) - 0.5);
  });

  it.each([
    ['marimba', recordMarimba, 48, 1.4, 2.4],
    ['marimba', recordMarimba, 72, 0.6, 1.4],
    ['vibraphone', recordVibraphone, 60, 3, 6.5],
    ['bell', recordBell, 72, 1.5, 5],
    ['epiano', recordElectricPiano, 60, 2.5, 4],
    ['pluck', recordPluck, 60, 1.2, 4],
    ['harp', recordHarp, 60, 2.5, 6],
  ] as const)('%s rings as long as its source says (%o, MIDI %i)', (_, record, midi, low, high) => {
    const decay = decayOf(record(take(midi)).channels[0] ?? new Float32Array());
    expect(decay).toBeGreaterThan(low);
    expect(decay).toBeLessThan(high);
  });

  it('has the partials that its sources give', () => {
    const levelAt = (samples: Float32Array, hertz: number): number => {
      let [real, imaginary] = [0, 0];
      for (let i = 0; i < 8192; i++) {
        const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / 8192);
        real += window * (samples[i] ?? 0) * Math.cos((2 * Math.PI * hertz * i) / rate);
        imaginary += window * (samples[i] ?? 0) * Math.sin((2 * Math.PI * hertz * i) / rate);
      }
      return decibels(Math.hypot(real, imaginary));
    };
    const middle = 440 * 2 ** (-9 / 12);
    const partials = (record: typeof recordBell, ratios: readonly number[], gaps: readonly number[]): void => {
      const samples = record(take(60, 0.9)).channels[0] ?? new Float32Array();
      const quiet = Math.max(...gaps.map((ratio) => levelAt(samples, ratio * middle)));
      for (const ratio of ratios) expect(levelAt(samples, ratio * middle), `${ratio}`).toBeGreaterThan(quiet + 6);
    };
    partials(recordMarimba, [1, 3.95], [2, 3, 5, 6, 7]);
    partials(recordVibraphone, [1, 4, 10.1], [2, 3, 5, 6, 7, 8]);
    partials(recordBell, [0.5, 1, 1.2, 2, 2.74, 3, 4.07], [0.75, 1.75, 2.25, 3.4]);
    partials(recordReed, [1, 3, 5], [2, 1.5, 4]);
  });

  it.each([recordPad, recordStrings, recordReed])('of held notes repeats without a seam (%o)', (record) => {
    const { channels, loop: [start, end] = [0, 0] } = record(take(57));
    for (const samples of channels) {
      const seam = Math.abs((samples[start] ?? 0) - (samples[end - 1] ?? 0));
      expect(seam).toBeLessThanOrEqual(1.05 * largestStep(samples));
      expect(end).toBe(samples.length);
    }
  });

  it('play vibrato on notes above half a second only', async () => {
    const swing = async (from: number, to: number): Promise<number> => {
      const samples = await play('flute', 72, 0.6, 1.6);
      const levels = envelope(slice(samples, rate, { from, to }), rate, 0.02, 0.005);
      return Math.max(...levels) / Math.min(...levels);
    };
    expect(await swing(0.12, 0.3)).toBeLessThan(1.12);
    expect(await swing(0.8, 1.4)).toBeGreaterThan(1.2);
  });

  it('end without a click where a note takes the voice of another', async () => {
    const notes = Array.from({ length: 40 }, (_, i) => ({
      time: i * 0.05,
      duration: 1.5,
      midi: 48 + i,
      velocity: 0.6,
    }));
    for (const instrument of ['strings', 'brass', 'bell'] as const) {
      const many = toMono(await renderMix(scoreOf(instrument, notes, { duration: 4 })));
      const one = toMono(await renderMix(scoreOf(instrument, notes.slice(39), { duration: 4 })));
      expect(largestStep(many)).toBeLessThan(12 * largestStep(one));
      expect(peak(slice(many, rate, { from: 5.4 }))).toBeLessThan(1e-3);
    }
  });

  it('stay below -1 dBTP in a master, however hard they are struck', async () => {
    for (const instrument of ['marimba', 'kick', 'purr', 'bell'] as const) {
      const notes = [0, 0.25, 0.5, 1].map((time) => ({ time, duration: 0.3, midi: 60, velocity: 1 }));
      const sound = await render(scoreOf(instrument, notes, { duration: 1.5 }));
      expect(truePeak([sound.getChannelData(0), sound.getChannelData(1)])).toBeLessThanOrEqual(
        10 ** (-1 / 20) * 1.0001,
      );
    }
  });

  it('are the same in every process', async () => {
    const run = promisify(execFile);
    const args = ['--conditions=@bnc/source', new URL('fixtures/recordings-hash.ts', import.meta.url).pathname];
    const hashes = await Promise.all([0, 1, 2].map(async () => (await run(process.execPath, args)).stdout));
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(hashes).size).toBe(1);
  });
});

describe('kept recordings', () => {
  const second = { channels: [new Float32Array(1024)] };

  it('are computed once, and those that were used longest ago go first', () => {
    const recordings = new Recordings(3 * 4096);
    let computed = 0;
    const get = (key: string): unknown =>
      recordings.get(key, () => {
        computed++;
        return second;
      });
    const first = get('a');
    get('b');
    get('c');
    expect(get('a')).toBe(first);
    expect(computed).toBe(3);
    get('d');
    expect(recordings.bytes).toBe(3 * 4096);
    expect(get('a')).toBe(first);
    get('b');
    expect(computed).toBe(5);
  });

  it('may be larger than the budget: then nothing is kept', () => {
    const recordings = new Recordings(100);
    recordings.get('a', () => second);
    expect(recordings.bytes).toBe(0);
    expect(() => new Recordings(-1)).toThrow(RangeError);
  });
});
