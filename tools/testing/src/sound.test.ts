import { describe, expect, it } from 'vitest';
import {
  cents,
  fundamental,
  midiToHertz,
  onsets,
  peak,
  pitchClasses,
  pulseStrength,
  rms,
  spectralCentroid,
  toMono,
} from './sound.ts';

const sampleRate = 44100;

function tone(hertz: number, seconds: number, harmonics = 1): Float32Array {
  return Float32Array.from({ length: seconds * sampleRate }, (_, i) => {
    let sample = 0;
    for (let h = 1; h <= harmonics && h * hertz < 20000; h++) {
      sample += Math.sin((2 * Math.PI * hertz * h * i) / sampleRate) / h;
    }
    return sample / 2;
  });
}

describe('sound', () => {
  it('measures level', () => {
    expect(rms(tone(441, 1))).toBeCloseTo(0.5 / Math.SQRT2, 6);
    expect(peak(tone(441, 1))).toBeCloseTo(0.5, 6);
    expect(rms(new Float32Array(0))).toBe(0);
  });

  it('averages channels', () => {
    const channels = [Float32Array.of(1, 0), Float32Array.of(0, 0.5)];
    const mono = toMono({ numberOfChannels: 2, length: 2, getChannelData: (c) => channels[c] ?? new Float32Array(2) });
    expect([...mono]).toEqual([0.5, 0.25]);
  });

  it.each([36, 48, 60, 69, 84, 96])('finds the pitch of MIDI %i within a cent', (midi) => {
    for (const harmonics of [1, 8]) {
      const found = fundamental(tone(midiToHertz(midi), 0.4, harmonics), sampleRate, { from: 0.05, to: 0.3 });
      expect(Math.abs(cents(found, midiToHertz(midi)))).toBeLessThan(1);
    }
  });

  it('hears no pitch in silence', () => {
    expect(fundamental(new Float32Array(8000), sampleRate)).toBe(0);
  });

  it('finds the starts of notes within 3 ms, also over ringing ones', () => {
    const times = [0, 0.5, 0.75, 1, 1.5, 2.25, 3];
    const samples = new Float32Array(4 * sampleRate);
    times.forEach((time, k) => {
      const note = tone(220 * 2 ** (k / 6), 0.8, 4);
      note.forEach((sample, i) => {
        const place = Math.round(time * sampleRate) + i;
        const level = Math.min(1, i / 200) * Math.exp((-5 * i) / sampleRate) * Math.min(1, (note.length - i) / 2000);
        if (place < samples.length) samples[place] = (samples[place] ?? 0) + sample * level;
      });
    });
    const found = onsets(samples, sampleRate);
    expect(found).toHaveLength(times.length);
    found.forEach((time, i) => {
      expect(Math.abs(time - (times[i] ?? 0))).toBeLessThan(0.003);
    });
  });

  it('finds the centre of a spectrum', () => {
    expect(spectralCentroid(tone(1000, 0.5), sampleRate)).toBeCloseTo(1000, -1);
  });

  it('tells which pitch classes sound', () => {
    const classes = pitchClasses(tone(midiToHertz(69), 1), sampleRate);
    expect(classes.indexOf(Math.max(...classes))).toBe(9);
    expect(classes[9]).toBeGreaterThan(0.5);
    expect(classes.reduce((sum, strength) => sum + strength, 0)).toBeCloseTo(1, 6);
  });

  it('tells the pulse of a rhythm from its neighbours', () => {
    const samples = new Float32Array(6 * sampleRate);
    for (let time = 0; time < 5.9; time += 0.25) samples.set(tone(880, 0.05), Math.round(time * sampleRate));
    const pulse = pulseStrength(samples, sampleRate);
    for (const other of [3, 3.6, 4.4, 5]) expect(pulse(4)).toBeGreaterThan(3 * pulse(other));
  });
});
