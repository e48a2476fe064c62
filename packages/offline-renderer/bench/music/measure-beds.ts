import { type Bench, median } from '@bnc/bench';
import { compose, type Standing, type Theme, themes } from '@bnc/music-engine';
import { measureHour } from './hour-curve.ts';
import { hourStart } from './hours.ts';
import { activityOf, type KindName, programs } from './kinds.ts';
import { heardShare } from './masking.ts';
import { mixHour, renderAs, type Stereo, sampleRate } from './mix.ts';
import { type BedLoop, type Composer, pieceOf } from './played.ts';
import { monoOf } from './tone.ts';

/** What has happened in a room whose bed stands so. */
const standings = {
  quiet: [],
  green: ['push'],
  red: ['red'],
  deploying: ['deploying'],
} as const satisfies Readonly<Record<Standing, readonly KindName[]>>;

/** The smallest happenings of a program, again and again: the softest signs that there are. */
const softest = ['labelled', 'branch deleted', 'review asked', 'starred', 'queued'] as const satisfies KindName[];

/** Seconds of a bed that are listened to: each loop has been heard twice. */
const seconds = 110;
/** A sign and a signature, in frames. */
const signFrames = Math.round(1.3 * sampleRate);

/** Measures beds alone: how loud they are in each theme and state, what they cost, and whether the softest signs are heard over them. */
export async function measureBeds(bench: Bench, repositoryId: number): Promise<void> {
  const levels: number[] = [];
  const costs: number[] = [];
  const shares: number[] = [];
  for (const theme of themes) {
    for (const standing of Object.keys(standings) as Standing[]) {
      const room = roomIn(standing, repositoryId, theme);
      const onLoop = ({ score }: BedLoop, _: Stereo, cpu: number): void => {
        costs.push((60 * cpu) / score.duration);
      };
      const loops = room.bedAt(hourStart).map((loop) => ({ ...loop, from: 0, until: Number.MAX_SAFE_INTEGER }));
      const blocks: Stereo[] = [];
      const mixed = mixHour({ sounds: [], loops }, { way: 'clip', begin: hourStart, seconds, onLoop });
      const { integrated } = await measureHour(mixed, { onBlock: (block) => blocks.push(block) });
      levels.push(integrated);
      if (standing === 'green') shares.push(...(await sharesOver(blocks, room)));
    }
  }
  const goal = { atLeast: -41, atMost: -39 };
  const all = `bed alone, ${themes.length} themes, ${Object.keys(standings).length} states`;
  bench.record({ name: `${all}: loudness, softest`, unit: 'LUFS', value: Math.min(...levels), goal });
  bench.record({ name: `${all}: loudness, loudest`, unit: 'LUFS', value: Math.max(...levels), goal });
  bench.record({ name: 'bed: CPU of a minute of loop, median', unit: 's', value: median(costs), goal: { atMost: 1 } });
  bench.record({
    name: 'softest signs over the bed: cells heard, worst',
    unit: '%',
    value: 100 * Math.min(...shares),
    goal: { atLeast: 66 },
  });
}

function roomIn(standing: Standing, repositoryId: number, theme: Theme): Composer {
  const room = pieceOf(repositoryId, { theme });
  for (const kind of standings[standing]) {
    const main = kind === 'red' ? { isDefaultBranch: true, branch: 'main' } : {};
    room.advance([activityOf(kind, programs.actions, { deliveryId: kind, ...main })], hourStart);
  }
  return room;
}

/** How much of each of the softest signs is heard over a bed, in three places of it. */
async function sharesOver(blocks: readonly Stereo[], room: Composer): Promise<readonly number[]> {
  const bed = blocks.map(monoOf);
  const shares: number[] = [];
  for (const kind of softest) {
    const repeats = [1, 2, 3, 4, 5].map((time) => {
      const activity = activityOf(kind, programs.codecov, { deliveryId: `${kind} ${time}` });
      return room.advance([activity], hourStart + 60_000 * time);
    });
    const params = repeats.at(-1)?.params;
    if (!params) continue;
    const sign = monoOf(await renderAs('clip', compose(params))).subarray(0, signFrames);
    for (const place of [20, 50, 80]) {
      const under = new Float32Array(2 * sampleRate);
      for (const second of [0, 1]) under.set(bed[place + second] ?? [], second * sampleRate);
      shares.push(heardShare(sign, under));
    }
  }
  return shares;
}
