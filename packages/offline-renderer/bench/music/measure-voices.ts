import { type Bench, median } from '@bnc/bench';
import { type Theme, themes } from '@bnc/music-engine';
import { type Hearing, hear, separate } from './hearings.ts';
import { leadTrackOf } from './lines.ts';
import { heardShare } from './masking.ts';
import { melodies, numbers } from './measure-phrases.ts';
import { gainOf, loudnessOf, renderTracks, sampleRate } from './mix.ts';
import { centroidOf, monoOf } from './tone.ts';
import { overBed } from './under.ts';

/** Measures in each theme what is heard of the lead and of the sign, and what is left of both in one loudspeaker. */
export async function measureVoices(bench: Bench): Promise<void> {
  for (const theme of themes) {
    await measureLeads(bench, theme);
    await measureSigns(bench, theme);
  }
}

/** Happenings that stand for the eight gestures. */
const gestures = ['push', 'opened', 'merged', 'red', 'green', 'deployed', 'commented', 'deploying'] as const;

async function measureLeads(bench: Bench, theme: Theme): Promise<void> {
  const shares = new Map<string, number>();
  const brightness: number[] = [];
  for (const kind of gestures) {
    const all = melodies(kind, 4, theme);
    if (all.length === 0) continue;
    const heard: number[] = [];
    for (const hearing of all) {
      const { lead, rest } = await separate(hearing);
      heard.push(heardShare(lead, rest));
    }
    shares.set(kind, 100 * median(heard));
    const [first] = all;
    if (first) brightness.push(await brightnessOf(first));
  }
  const worst = leastOf(shares);
  bench.record({
    name: `lead, ${theme}: cells heard, worst gesture (${worst[0]})`,
    unit: '%',
    value: worst[1],
    peers: { 'first edition': 64 },
    goal: { atLeast: 90 },
  });
  bench.record({
    name: `lead, ${theme}: velocity 0.3 to 0.9 moves the centroid, least`,
    unit: 'octaves',
    value: Math.min(...brightness),
    peers: { 'first edition': 0 },
    goal: { atLeast: 0.4 },
  });
}

/** How much of each sign is heard while signature, band and bed sound, and what a phrase loses in one loudspeaker. */
async function measureSigns(bench: Bench, theme: Theme): Promise<void> {
  const shares = new Map<string, number>();
  const losses: number[] = [];
  for (const kind of [...gestures, 'alert', 'deployment failed', 'labelled', 'branch created'] as const) {
    const heard: number[] = [];
    for (const number of numbers(4)) {
      const { score } = hear(kind, number, theme);
      const gain = await gainOf(score);
      // The sign and the signature are the last tracks.
      const sign = score.tracks.length - 2;
      const alone = await renderTracks(score, (index) => index === sign, gain);
      const rest = await overBed(await renderTracks(score, (index) => index !== sign, gain), theme, number);
      const end = Math.round(2 * sampleRate);
      heard.push(heardShare(monoOf(alone).subarray(0, end), monoOf(rest)));
      const whole = alone.map((samples, side) => samples.map((sample, i) => sample + (rest[side]?.[i] ?? 0)));
      const [left = new Float32Array(), right = new Float32Array()] = whole;
      const mono = monoOf([left, right]);
      losses.push(loudnessOf([left, right]) - loudnessOf([mono, mono]));
    }
    shares.set(kind, 100 * median(heard));
  }
  const worst = leastOf(shares);
  bench.record({
    name: `sign, ${theme}: cells heard over signature, band and bed, worst (${worst[0]})`,
    unit: '%',
    value: worst[1],
    goal: { atLeast: 70 },
  });
  bench.record({
    name: `fold-down to mono, ${theme}, most`,
    unit: 'LU',
    value: Math.max(...losses),
    goal: { atMost: 2 },
  });
}

function leastOf(shares: ReadonlyMap<string, number>): readonly [name: string, share: number] {
  return [...shares].reduce((least, one) => (one[1] < least[1] ? one : least));
}

/** How far the centre of a lead's spectrum moves when its notes are played hard instead of softly. */
async function brightnessOf({ params, score }: Hearing): Promise<number> {
  const track = leadTrackOf(params, score);
  const centroid = async (velocity: number): Promise<number> => {
    const tracks = score.tracks.map((one) => ({ ...one, notes: one.notes.map((note) => ({ ...note, velocity })) }));
    return centroidOf(monoOf(await renderTracks({ ...score, tracks }, (index) => index === track, 1)));
  };
  return Math.log2((await centroid(0.9)) / (await centroid(0.3)));
}
