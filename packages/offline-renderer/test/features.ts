import type { InstrumentName } from '@bnc/contracts';
import { envelope, powerSpectrum, slice, spectralCentroid, toMono } from '@bnc/testing/sound';
import { renderMix } from './render.ts';
import { scoreOf } from './score.ts';

const rate = 44_100;

/** What an instrument sounds like in six numbers: dB shares of four bands, the centre of its spectrum, its time to the peak. */
export async function featuresOf(instrument: InstrumentName): Promise<number[]> {
  const note = { time: 0, duration: 0.6, midi: 60, velocity: 0.8 };
  const samples = slice(toMono(await renderMix(scoreOf(instrument, [note], { duration: 1 }))), rate, { to: 1 });
  const power = powerSpectrum(samples, rate);
  const total = power.reduce((sum, each) => sum + each, 0);
  const share = (low: number, high: number): number => {
    const part = power.slice(Math.round((low * 2048) / rate), Math.round((high * 2048) / rate));
    return 10 * Math.log10(part.reduce((sum, each) => sum + each, 0) / total + 1e-5);
  };
  const level = envelope(samples, rate);
  return [
    share(0, 200),
    share(200, 800),
    share(800, 3200),
    share(3200, 20_000),
    Math.log2(spectralCentroid(samples, rate)) * 10,
    20 * (level.indexOf(Math.max(...level)) * 0.005),
  ].map((feature) => Math.round(feature * 10) / 10);
}
