import { integratedLoudness } from '../src/master/loudness.ts';
import { phraseOf } from './phrases.ts';

await import('../src/engine.ts');
const { ScoreRenderer } = await import('../src/process/render-score.ts');

const rate = 44_100;

/** By how much phrases at their measured gain are louder than their masters, in LU. */
export async function gainErrors(indices: readonly number[]): Promise<number[]> {
  const renderer = new ScoreRenderer();
  const errors: number[] = [];
  for (const score of indices.map(phraseOf)) {
    const gain = await renderer.measureGain(score);
    const clip = await renderer.render(score, rate);
    const mix = await renderer.renderMix(score, rate);
    const played = mix.channels.map((samples) => samples.map((sample) => gain * sample));
    errors.push(integratedLoudness(played, rate) - integratedLoudness(clip.channels, rate));
  }
  return errors;
}
