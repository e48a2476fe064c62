import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';

const { OfflineAudioContext, AudioParam } = await import('node-web-audio-api');
Object.assign(globalThis, { OfflineAudioContext, AudioParam });
const { createNativeContext, copyChannels } = await import('../src/engine.ts');
const { mendAutomation } = await import('../src/process/mend-automation.ts');
mendAutomation();

const rate = 44_100;

/** What a gain does to a constant of 1 within a second. */
async function trace(schedule: (gain: AudioParam) => void): Promise<Float32Array> {
  const context = createNativeContext(1, rate, rate);
  const source = context.createConstantSource();
  const gain = context.createGain();
  schedule(gain.gain);
  source.connect(gain).connect(context.destination);
  source.start(0);
  return copyChannels(await context.startRendering())[0] ?? new Float32Array();
}

/** From a value towards another, from a time on. */
function toward(from: number, to: number, start: number, constant: number): (time: number) => number {
  return (time) => (time < start ? from : to + (from - to) * Math.exp((start - time) / constant));
}

describe('automation of the engine, mended', () => {
  it.each<[string, (gain: AudioParam) => void, (time: number) => number]>([
    [
      'a value',
      (gain) => {
        gain.value = 0.5;
        gain.setTargetAtTime(0.25, 0.5, 0.1);
      },
      toward(0.5, 0.25, 0.5, 0.1),
    ],
    [
      'a ramp',
      (gain) => {
        gain.setValueAtTime(0, 0);
        gain.linearRampToValueAtTime(0.5, 0.2);
        gain.setTargetAtTime(0.25, 0.5, 0.1);
      },
      (time) => (time < 0.2 ? 2.5 * time : toward(0.5, 0.25, 0.5, 0.1)(time)),
    ],
    [
      'another target',
      (gain) => {
        gain.setTargetAtTime(0, 0.1, 0.1);
        gain.setTargetAtTime(0.25, 0.5, 0.1);
      },
      (time) => (time < 0.5 ? toward(1, 0, 0.1, 0.1)(time) : toward(Math.exp(-0.4 / 0.1), 0.25, 0.5, 0.1)(time)),
    ],
    [
      'an event that was scheduled later',
      (gain) => {
        gain.setTargetAtTime(0, 0.6, 0.1);
        gain.setValueAtTime(0.5, 0.3);
      },
      (time) => (time < 0.3 ? 1 : toward(0.5, 0, 0.6, 0.1)(time)),
    ],
    [
      'a ramp that was held',
      (gain) => {
        gain.setValueAtTime(0, 0);
        gain.linearRampToValueAtTime(1, 0.5);
        gain.cancelAndHoldAtTime(0.25);
        gain.setTargetAtTime(1, 0.6, 0.05);
      },
      (time) => (time < 0.25 ? 2 * time : toward(0.5, 1, 0.6, 0.05)(time)),
    ],
    [
      'what was cancelled',
      (gain) => {
        gain.setValueAtTime(0.1, 0.2);
        gain.cancelScheduledValues(0.1);
        gain.setTargetAtTime(0.5, 0.5, 0.1);
      },
      toward(1, 0.5, 0.5, 0.1),
    ],
  ])('approaches a target from its start on, and not before, after %s', async (_, schedule, expected) => {
    const samples = await trace(schedule);
    const off = samples.map((sample, index) => Math.abs(sample - expected(index / rate)));
    expect(Math.max(...off)).toBeLessThan(1e-6);
  });

  it('holds a target, and begins a curve and a ramp after a target, where the standard says', async () => {
    const held = await trace((gain) => {
      gain.setTargetAtTime(0, 0.2, 0.1);
      gain.cancelAndHoldAtTime(0.4);
    });
    expect(held.at(-1)).toBeCloseTo(Math.exp(-2), 5);
    const curve = await trace((gain) => gain.setValueCurveAtTime([0, 1], 0.5, 0.2));
    expect([0.1, 0.49, 0.6, 0.9].map((time) => curve[Math.round(time * rate)])).toEqual([
      1,
      1,
      expect.closeTo(0.5, 3),
      1,
    ]);
    const ramp = await trace((gain) => {
      gain.setTargetAtTime(0, 0.2, 0.001);
      gain.linearRampToValueAtTime(0, 0.6);
    });
    expect([0.1, 0.2, 0.4, 0.5].map((time) => ramp[Math.round(time * rate)])).toEqual([
      1,
      expect.closeTo(1, 3),
      expect.closeTo(0.5, 3),
      expect.closeTo(0.25, 3),
    ]);
  });
});

it('copies the channels of a buffer, which live on when the buffer is collected', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = await Promise.all(Array.from({ length: 8 }, () => trace((gain) => gain.setValueAtTime(0.5, 0))));
  for (let i = 0; i < 20; i++) {
    collect();
    await trace((gain) => gain.setValueAtTime(0.9, 0));
  }
  expect(held.every((samples) => samples.every((sample) => sample === 0.5))).toBe(true);
});
