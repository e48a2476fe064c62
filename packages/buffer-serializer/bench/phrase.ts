import { createAudioBufferLike } from '@bnc/buffer-serializer';
import type { AudioBufferLike } from '@bnc/contracts';

/** Even noise in [-1, 1), the same in every run. */
const noise = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state / 2 ** 31;
  };
};

const frequency = (midi: number): number => 440 * 2 ** ((midi - 69) / 12);

interface Voice {
  readonly at: number;
  readonly seconds: number;
  readonly midi: number;
  readonly gain: number;
  readonly pan: number;
  readonly partials: readonly number[];
  readonly decay: number;
}

const play = (out: readonly [Float32Array, Float32Array], sampleRate: number, voice: Voice): void => {
  const start = Math.round(voice.at * sampleRate);
  const length = Math.round(voice.seconds * sampleRate);
  for (let i = 0; i < length && start + i < out[0].length; i++) {
    const time = i / sampleRate;
    const attack = Math.min(1, time / 0.008);
    const release = Math.min(1, (voice.seconds - time) / 0.05);
    let sum = 0;
    for (const [k, level] of voice.partials.entries())
      sum += level * Math.sin(2 * Math.PI * frequency(voice.midi) * (k + 1) * (1 + 0.0004 * k) * time);
    const sample = sum * attack * release * Math.exp(-time * voice.decay) * voice.gain;
    out[0][start + i] = (out[0][start + i] ?? 0) + sample * (1 - voice.pan);
    out[1][start + i] = (out[1][start + i] ?? 0) + sample * voice.pan;
  }
};

const drum = (out: readonly [Float32Array, Float32Array], sampleRate: number, at: number, kick: boolean): void => {
  const start = Math.round(at * sampleRate);
  const hiss = noise(start + 1);
  let before = 0;
  for (let i = 0; i < sampleRate * (kick ? 0.25 : 0.09) && start + i < out[0].length; i++) {
    const time = i / sampleRate;
    const white = hiss();
    const bright = white - before;
    before = white;
    const sample = kick
      ? 0.5 * Math.sin(2 * Math.PI * (45 * time + (90 / 30) * (1 - Math.exp(-30 * time)))) * Math.exp(-9 * time)
      : 0.06 * bright * Math.exp(-60 * time);
    for (const side of out) side[start + i] = (side[start + i] ?? 0) + sample;
  }
};

/** Schroeder's reverb: four combs and two all-passes a side, so that the tail decorrelates. */
const reverb = (dry: Float32Array, sampleRate: number, spread: number): Float32Array => {
  const wet = new Float32Array(dry.length);
  for (const milliseconds of [29.7, 37.1, 41.1, 43.7]) {
    const delay = Math.round((milliseconds * sampleRate) / 1000) + spread;
    const line = new Float32Array(delay);
    let low = 0;
    for (let i = 0; i < dry.length; i++) {
      const echo = line[i % delay] ?? 0;
      low = echo * 0.7 + low * 0.3;
      line[i % delay] = (dry[i] ?? 0) + low * 0.8;
      wet[i] = (wet[i] ?? 0) + echo * 0.25;
    }
  }
  for (const milliseconds of [5, 1.7]) {
    const delay = Math.round((milliseconds * sampleRate) / 1000) + spread;
    const line = new Float32Array(delay);
    for (let i = 0; i < wet.length; i++) {
      const echo = line[i % delay] ?? 0;
      const input = (wet[i] ?? 0) + echo * 0.5;
      line[i % delay] = input;
      wet[i] = echo - input * 0.5;
    }
  }
  return wet;
};

/**
 * Synthesises a stereo phrase as the product's music sounds: four chords, a melody, kick and hats, a reverb tail,
 * peaking at -3 dBFS.
 */
export const phrase = (seconds: number, sampleRate = 44_100): AudioBufferLike => {
  const length = Math.round(seconds * sampleRate);
  const out: [Float32Array, Float32Array] = [new Float32Array(length), new Float32Array(length)];
  const beat = 60 / 96;
  const chords = [
    [48, 55, 64, 67],
    [45, 52, 60, 64],
    [41, 53, 57, 60],
    [43, 50, 59, 62],
  ];
  const pentatonic = [72, 74, 76, 79, 81, 84];
  const dice = noise(7);
  for (let bar = 0; bar * 2 * beat < seconds - 1; bar++) {
    for (const [i, midi] of (chords[bar % 4] ?? []).entries())
      play(out, sampleRate, {
        at: bar * 2 * beat,
        seconds: 2 * beat,
        midi,
        gain: 0.09,
        pan: 0.3 + 0.13 * i,
        partials: [1, 0.4, 0.25, 0.12, 0.06, 0.03],
        decay: 0.7,
      });
    for (let eighth = 0; eighth < 4; eighth++) {
      const at = (bar * 2 + eighth / 2) * beat;
      if (eighth % 2 === 0) drum(out, sampleRate, at, true);
      drum(out, sampleRate, at + beat / 4, false);
      if (dice() > -0.4)
        play(out, sampleRate, {
          at,
          seconds: 0.45,
          midi: pentatonic[Math.floor((dice() + 1) * 3)] ?? 72,
          gain: 0.12,
          pan: 0.5 + 0.3 * dice(),
          partials: [1, 0, 0.5, 0, 0.2, 0, 0.1],
          decay: 5,
        });
    }
  }
  const wet = out.map((side, i) => reverb(side, sampleRate, i * 23));
  const mixed = out.map((side, i) => side.map((sample, at) => sample + 0.3 * (wet[i]?.[at] ?? 0)));
  const peak = mixed.reduce((most, side) => side.reduce((top, sample) => Math.max(top, Math.abs(sample)), most), 0);
  return createAudioBufferLike(
    mixed.map((side) => side.map((sample) => (sample * 0.7) / peak)),
    sampleRate,
  );
};
