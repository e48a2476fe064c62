import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Benchmark } from '@bnc/bench';
import { createPhrase, renderWithTone } from './phrase.ts';

const sampleRate = 44_100;

const timed = async (run: () => unknown): Promise<number> => {
  const start = performance.now();
  await run();
  return performance.now() - start;
};

/** How much faster two bare loops are side by side than one after the other: what two CPUs give here, right now. */
const gainOfLoops = async (): Promise<number> => {
  const loop = async (): Promise<void> => {
    const code = 'let x = 0; for (let i = 0; i < 6e8; i++) x = (x + i) % 7; process.exitCode = x > 9 ? 1 : 0';
    await once(spawn(process.execPath, ['-e', code], { stdio: 'ignore' }), 'exit');
  };
  const one = await timed(loop);
  return (2 * one) / (await timed(() => Promise.all([loop(), loop()])));
};

/** Our graph, our master and the pool beside `Tone.Offline` with the same notes on Tone's own synths, warm. */
export const benchmark: Benchmark = {
  name: 'offline-renderer/render',
  async run(bench) {
    // Tone.Offline wants all constructors as globals, but no AudioContext, which would open a sound card.
    // @ts-expect-error its declarations are no module
    await import('node-web-audio-api/polyfill.js');
    Reflect.deleteProperty(globalThis, 'AudioContext');
    if (globalThis.window) Reflect.deleteProperty(globalThis.window, 'AudioContext');
    const { createNativeContext } = await import('../src/engine.ts');
    const { ScoreRenderer } = await import('../src/render-score.ts');
    const { endOf } = await import('../src/schedule-score.ts');
    const Tone = await import('tone');
    const { OfflineRenderer } = await import('../src/index.ts');
    const renderer = new ScoreRenderer();

    for (const [seconds, goalGraph, goalMaster] of [
      [5, 3.5, 2.5],
      [30, 4, 3],
    ] as const) {
      const score = createPhrase(seconds);
      const length = endOf(score);
      const faster = async (run: () => unknown): Promise<number> => (length * 1000) / (await timed(run));
      const withTone = { 'Tone.Offline': () => faster(() => renderWithTone(Tone, score, length)) };
      const graph = () => renderer.renderMix(createNativeContext(Math.ceil(length * sampleRate), sampleRate), score);
      const rounds = seconds > 10 ? 3 : 5;
      await bench.compare({
        name: `graph alone, ${seconds} s of music`,
        unit: 'x real time',
        ours: () => faster(graph),
        peers: withTone,
        goal: { peer: 'Tone.Offline', atLeast: goalGraph },
        rounds,
      });
      await bench.compare({
        name: `mastered, ${seconds} s of music`,
        unit: 'x real time',
        ours: () => faster(() => renderer.render(score, sampleRate)),
        peers: withTone,
        goal: { peer: 'Tone.Offline', atLeast: goalMaster },
        rounds,
      });
    }

    const long = createPhrase(30);
    await using pool = new OfflineRenderer({ workers: 2, spares: 0 });
    await pool.ready();
    await Promise.all([pool.render(long), pool.render(long)]);
    await bench.compare({
      name: 'time of 60 s over time of 30 s',
      unit: 'ratio',
      ours: async () => (await timed(() => pool.render(createPhrase(60)))) / (await timed(() => pool.render(long))),
      goal: { atMost: 2.1 },
    });
    await bench.compare({
      name: 'first second of preview, 30 s of music',
      unit: 'per s',
      ours: async () => {
        const start = performance.now();
        const first = Promise.withResolvers<number>();
        const whole = pool.render(long, {
          onPreview: ({ from, channels }) => {
            if (from + (channels[0]?.length ?? 0) >= sampleRate) first.resolve(1000 / (performance.now() - start));
          },
        });
        const speed = await first.promise;
        await whole;
        return speed;
      },
      peers: { 'Tone.Offline end': async () => 1000 / (await timed(() => renderWithTone(Tone, long, endOf(long)))) },
      goal: { peer: 'Tone.Offline end', atLeast: 20 },
      rounds: 3,
    });
    await bench.compare({
      name: 'two processes over one',
      unit: 'gain',
      ours: async () => {
        const one = await timed(() => pool.render(long));
        return (2 * one) / (await timed(() => Promise.all([pool.render(long), pool.render(long)])));
      },
      peers: { 'bare CPU loops': gainOfLoops },
      goal: { peer: 'bare CPU loops', atLeast: 0.85 },
    });
    await bench.compare({
      name: 'cold first render, 5 s of music',
      unit: 'ms',
      ours: () =>
        timed(async () => {
          await using cold = new OfflineRenderer({ workers: 1, spares: 0 });
          await cold.render(createPhrase(5));
        }),
      goal: { atMost: 1000 },
    });
    bench.skip('scsynth, Csound', 'not installed; apt-get install supercollider-server csound');
  },
};
