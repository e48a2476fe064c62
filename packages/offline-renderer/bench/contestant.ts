/**
 * One way to render the benchmark's music, alone in its process, so that no other one's garbage is on its bill.
 * `graph`: our graph without the master. `tone`: the same music by Tone's own synths in `Tone.Offline`.
 */
import { createPhrase } from './phrase.ts';

const sampleRate = 44_100;

async function makeGraph(): Promise<(seconds: number) => Promise<unknown>> {
  const { ScoreRenderer } = await import('../src/process/render-score.ts');
  const renderer = new ScoreRenderer();
  return (seconds) => renderer.renderMix(createPhrase(seconds), sampleRate);
}

async function makeTone(): Promise<(seconds: number) => Promise<unknown>> {
  // Tone.Offline wants all constructors as globals, but no AudioContext, which would open a sound card.
  // @ts-expect-error its declarations are no module
  await import('node-web-audio-api/polyfill.js');
  Reflect.deleteProperty(globalThis, 'AudioContext');
  if (globalThis.window) Reflect.deleteProperty(globalThis.window, 'AudioContext');
  const Tone = await import('tone');
  const { endOf } = await import('../src/instruments/schedule-score.ts');
  const { renderWithTone } = await import('./phrase.ts');
  return (seconds) => {
    const score = createPhrase(seconds);
    return renderWithTone(Tone, score, endOf(score));
  };
}

const render = await (process.argv[2] === 'tone' ? makeTone() : makeGraph());
process.on('message', (seconds: number) => {
  const start = performance.now();
  void render(seconds).then(() => {
    const time = performance.now() - start;
    // Its garbage goes before the next one's turn, on nobody's bill.
    globalThis.gc?.();
    process.send?.(time);
  });
});
process.send?.('ready');
