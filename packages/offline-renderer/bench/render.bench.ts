import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Bench, Benchmark } from '@bnc/bench';
import type { Score } from '@bnc/contracts';
import { OfflineRenderer } from '@bnc/offline-renderer';
import { endOf } from '../src/instruments/schedule-score.ts';
import type { Finished } from './finish.ts';
import { enterChromium, enterPrograms, type Peer } from './peers.ts';
import { createPhrase } from './phrase.ts';

const sampleRate = 44_100;
const finish = new URL('./finish.ts', import.meta.url);

/** Renders, masters and encodes. */
function makeClip(renderer: OfflineRenderer, score: Score): Promise<Finished> {
  return renderer.render<Finished>(score, { finish });
}

async function timed(run: () => unknown): Promise<number> {
  await rest();
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** Lets threads end that still clean up behind the last contestant: two CPUs of one core slow each other down. */
function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 300));
}

/** How much faster two bare loops are side by side than one after the other: what two CPUs give here, right now. */
async function gainOfLoops(): Promise<number> {
  const loop = async (): Promise<void> => {
    const code = 'let x = 0; for (let i = 0; i < 6e8; i++) x = (x + i) % 7; process.exitCode = x > 9 ? 1 : 0';
    await once(spawn(process.execPath, ['-e', code], { stdio: 'ignore' }), 'exit');
  };
  const one = await timed(loop);
  return (2 * one) / (await timed(() => Promise.all([loop(), loop()])));
}

/** Starts a contestant in a process of its own: answers how long it takes to render so many seconds of music, in ms. */
async function enter(name: 'graph' | 'tone'): Promise<Peer> {
  const child = fork(new URL('./contestant.ts', import.meta.url), [name], {
    execArgv: ['--conditions=@bnc/source', '--expose-gc'],
  });
  await once(child, 'message');
  return {
    async render(seconds) {
      const answer = once(child, 'message');
      child.send(seconds);
      return ((await answer) as [number])[0];
    },
    end: () => child.kill(),
  };
}

/**
 * Our graph, and all of a render through the pool as people install it, beside `Tone.Offline` with the same notes on
 * Tone's own synths. Each has a process of its own and is warm.
 */
export const benchmark: Benchmark = {
  name: 'offline-renderer/render',
  async run(bench) {
    await using pool = new OfflineRenderer({ workers: 2, spares: 0 });
    const [graph, tone, chromium] = await Promise.all([enter('graph'), enter('tone'), enterChromium(), pool.ready()]);
    const programs = enterPrograms();
    if (!programs.Csound) bench.skip('Csound', 'not installed; apt-get install csound');
    if (!programs.scsynth) {
      bench.skip('scsynth', 'not installed; apt-get install supercollider-server supercollider-language');
    }
    for (const [seconds, goalGraph, goalClip] of [
      [5, 3.5, 3],
      [30, 4, 6],
    ] as const) {
      const score = createPhrase(seconds);
      const length = endOf(score);
      const speed = (ms: number): number => (length * 1000) / ms;
      const race = (peer: Peer) => async (): Promise<number> => {
        await rest();
        return speed(await peer.render(seconds));
      };
      const peers = { 'Tone.Offline': race(tone) };
      const others = Object.entries({ 'Tone.Offline in Chromium': chromium, ...programs });
      const rounds = seconds > 10 ? 5 : 9;
      const alone = await bench.compare({
        name: `graph alone, ${seconds} s of music`,
        unit: 'x real time',
        ours: race(graph),
        peers: { ...peers, ...Object.fromEntries(others.map(([name, peer]) => [name, race(peer)])) },
        goal: { peer: 'Tone.Offline', atLeast: goalGraph },
        rounds,
      });
      if (seconds === 5 && programs.scsynth) {
        const goal = { peer: 'scsynth', atLeast: 1 };
        bench.record({ ...alone, name: 'the same beside scsynth, its start included', goal });
      }
      await bench.compare({
        name: `mastered and encoded, through the pool, ${seconds} s of music`,
        unit: 'x real time',
        ours: async () => speed(await timed(() => makeClip(pool, score))),
        peers,
        goal: { peer: 'Tone.Offline', atLeast: goalClip },
        rounds,
      });
    }
    graph.end();
    await chromium.end();
    for (const peer of Object.values(programs)) peer.end();

    const long = createPhrase(30);
    await Promise.all([makeClip(pool, long), makeClip(pool, long)]);
    await bench.compare({
      name: 'time of 60 s over time of 30 s',
      unit: 'ratio',
      ours: async () =>
        (await timed(() => makeClip(pool, createPhrase(60)))) / (await timed(() => makeClip(pool, long))),
      goal: { atMost: 2 },
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
      peers: {
        'Tone.Offline end': async () => {
          await rest();
          return 1000 / (await tone.render(30));
        },
      },
      goal: { peer: 'Tone.Offline end', atLeast: 20 },
      rounds: 3,
    });
    tone.end();
    await bench.compare({
      name: 'two processes over one',
      unit: 'gain',
      ours: async () => {
        const one = await timed(() => makeClip(pool, long));
        return (2 * one) / (await timed(() => Promise.all([makeClip(pool, long), makeClip(pool, long)])));
      },
      peers: { 'bare CPU loops': gainOfLoops },
      goal: { peer: 'bare CPU loops', atLeast: 0.85 },
      rounds: 9,
    });
    await bench.compare({
      name: 'start to first clip, 5 s of music',
      unit: 'ms',
      ours: () =>
        timed(async () => {
          await using cold = new OfflineRenderer({ workers: 1, spares: 0 });
          await makeClip(cold, createPhrase(5));
        }),
      goal: { atMost: 700 },
    });
    await measureMemory(bench);
  },
};

/** What a process holds after many clips, and at most. */
async function measureMemory(bench: Bench): Promise<void> {
  if (process.platform !== 'linux') {
    bench.skip('memory of a process', 'read from /proc: Linux only');
    return;
  }
  await using lasting = new OfflineRenderer({ workers: 1, spares: 0, maxRendersPerProcess: 1000 });
  const resident: number[] = [];
  for (let i = 0; i < 300; i++) resident.push((await makeClip(lasting, createPhrase(5))).resident);
  bench.record({
    name: 'memory of a process after 300 clips of 5 s over that after 30',
    unit: 'ratio',
    value: (resident[299] ?? Number.NaN) / (resident[29] ?? Number.NaN),
    goal: { atMost: 1.15 },
  });
  await using large = new OfflineRenderer({ workers: 1, spares: 0 });
  const { most } = await makeClip(large, withReverbs(createPhrase(120)));
  bench.record({
    name: 'most memory for a clip of 120 s with 12 reverbs',
    unit: 'MiB',
    value: most,
    goal: { atMost: 500 },
  });
}

/** The same music on twelve tracks, each with a reverb of its own. */
function withReverbs(score: Score): Score {
  return {
    ...score,
    tracks: Array.from({ length: 12 }, (_, index) => ({
      ...(score.tracks[index % score.tracks.length] as Score['tracks'][number]),
      effects: { reverb: { wet: 0.3, decay: (index + 1) / 2 } },
    })),
  };
}
