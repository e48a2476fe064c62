import { type Benchmark, median, percentile } from '@bnc/bench';
import type { GitHubActivity } from '@bnc/contracts';
import { compose, mapActivity } from '../src/index.ts';
import { toMidi } from '../src/midi.ts';

const push: GitHubActivity = {
  deliveryId: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
  event: 'push',
  repoId: 'octo/cat',
  repositoryId: 1296269,
  isPrivate: false,
  actor: 'mona',
  isBot: false,
  language: 'TypeScript',
  commits: 3,
  files: 5,
  additions: 0,
  deletions: 0,
  title: 'Three commits on main',
  url: 'https://github.com/octo/cat/compare/a...b',
  occurredAt: 1_764_000_000_000,
};
const merge: GitHubActivity = { ...push, event: 'pull_request', action: 'closed', outcome: 'merged', additions: 400 };
const burst = Array.from({ length: 50 }, (_, i) => ({ ...push, deliveryId: String(i), occurredAt: i }));

/** Runs something a thousand times with a new delivery each and answers the times of single runs in milliseconds. */
function times(run: (deliveryId: string) => unknown, use: (value: unknown) => void): number[] {
  return Array.from({ length: 1000 }, (_, i) => {
    const start = performance.now();
    use(run(`delivery ${i}`));
    return performance.now() - start;
  });
}

export const benchmark: Benchmark = {
  name: 'music-engine/map-and-compose',
  async run(bench) {
    const use = (value: unknown): void => bench.use(value);
    const one = (activity: GitHubActivity) => (deliveryId: string) => compose(mapActivity({ ...activity, deliveryId }));
    await bench.compare({
      name: 'push → parameters → score, p50',
      unit: 'ms',
      ours: () => median(times(one(push), use)),
      goal: { atMost: 2 },
    });
    await bench.compare({
      name: 'push → parameters → score, p99',
      unit: 'ms',
      ours: () => percentile(times(one(push), use), 0.99),
    });
    await bench.compare({ name: 'merge of four bars, p50', unit: 'ms', ours: () => median(times(one(merge), use)) });
    await bench.compare({
      name: '50 pushes as one phrase, p50',
      unit: 'ms',
      ours: () => median(times(() => compose(mapActivity(burst)), use)),
    });
    const score = compose(mapActivity(merge));
    await bench.compare({
      name: 'MIDI file of a merge, p50',
      unit: 'ms',
      ours: () => median(times(() => toMidi(score), use)),
    });
  },
};
