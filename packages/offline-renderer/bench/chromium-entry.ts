import * as Tone from 'tone';
import { endOf } from '../src/instruments/schedule-score.ts';
import { createPhrase, renderWithTone } from './phrase.ts';

/** Renders the benchmark's music with Tone's own synths. @returns the time it took, in ms. */
export async function render(seconds: number): Promise<number> {
  const score = createPhrase(seconds);
  const start = performance.now();
  await renderWithTone(Tone, score, endOf(score));
  return performance.now() - start;
}
