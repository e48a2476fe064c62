import { type Bench, median } from '@bnc/bench';
import type { InstrumentName, ScoreNote } from '@bnc/contracts';
import type { Theme } from '@bnc/music-engine';
import { fundamental } from '@bnc/testing/sound';
import { type Hearing, hear, importance } from './hearings.ts';
import { heardHome, rankCorrelation } from './key.ts';
import { type KindName, kinds } from './kinds.ts';
import { lastBarOf, leadOf, midiOf, parallelsOf, tuneOf } from './lines.ts';
import { gainOf, loudnessOf, renderAs, renderTracks, type Stereo, sampleRate, type Way } from './mix.ts';
import { monoOf } from './tone.ts';

const kindNames = Object.keys(kinds) as KindName[];

/** Measures what concerns single phrases: loudness by importance, key, variety, harmony, and the cats. */
export async function measurePhrases(bench: Bench): Promise<void> {
  for (const way of ['score', 'clip'] as const) await measureImportance(bench, way);
  await measureHomes(bench);
  measureVariety(bench);
  measureHarmony(bench);
  await measureCats(bench);
}

export function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** First moment at which a sound is within 40 dB of its loudest 5 ms, in seconds. */
function onsetOf(mono: Float32Array): number {
  const length = Math.round(sampleRate * 0.005);
  const energies = numbers(Math.floor(mono.length / length)).map((i) =>
    mono.subarray(i * length, (i + 1) * length).reduce((sum, sample) => sum + sample * sample, 0),
  );
  const loudest = Math.max(...energies);
  return energies.findIndex((energy) => energy > loudest / 1e4) * 0.005;
}

async function measureImportance(bench: Bench, way: Way): Promise<void> {
  const names = Object.keys(importance) as (keyof typeof importance)[];
  const onsets: number[] = [];
  const loudness: number[] = [];
  for (const name of names) {
    const heard: number[] = [];
    for (const number of numbers(3)) {
      const sound = await renderAs(way, hear(name, number).score);
      heard.push(loudnessOf(sound));
      onsets.push(onsetOf(monoOf(sound)));
    }
    loudness.push(median(heard));
  }
  const first = { peers: { 'first edition': -0.05 }, goal: { atLeast: 0.8 } };
  const value = rankCorrelation(
    names.map((name) => importance[name]),
    loudness,
  );
  bench.record({ name: `18 happenings as ${way}s: loudness by importance`, unit: 'Spearman', value, ...first });
  bench.record({
    name: `18 happenings as ${way}s: range of loudness`,
    unit: 'LU',
    value: Math.max(...loudness) - Math.min(...loudness),
    peers: { 'first edition': 4 },
    goal: { atLeast: 12 },
  });
  bench.record({
    name: `18 happenings as ${way}s: first sound, latest`,
    unit: 's',
    value: Math.max(...onsets),
    goal: { atMost: 0.05 },
  });
}

/** Phrases with a melody of at least four notes, so that there is a key to be heard. */
export function melodies(kind: KindName, count: number, theme?: Theme): readonly Hearing[] {
  return numbers(count)
    .map((number) => hear(kind, number, theme))
    .filter(({ params }) => leadOf(params).length >= 4);
}

async function measureHomes(bench: Bench): Promise<void> {
  const found = new Map<string, boolean[]>();
  for (const kind of ['push', 'opened', 'merged', 'commented', 'green', 'red', 'deployed', 'approved'] as const) {
    for (const { params, score } of melodies(kind, 10)) {
      const isFound = heardHome(monoOf(await renderAs('clip', score))) === midiOf(params.tonic ?? 'C') % 12;
      found.set(params.mode ?? '', [...(found.get(params.mode ?? '') ?? []), isFound]);
    }
  }
  for (const [mode, all] of found) {
    const value = (100 * all.filter(Boolean).length) / all.length;
    bench.record({
      name: `home note found, ${mode} (${all.length})`,
      unit: '%',
      value,
      peers: { 'first edition, worst mode': 4 },
      goal: { atLeast: 80 },
    });
  }
}

function measureVariety(bench: Bench): void {
  const rows = new Set<string>();
  const endings: number[] = [];
  const tunes: number[] = [];
  for (const kind of kindNames) {
    const all = melodies(kind, 200);
    for (const { params } of all) rows.add(`${params.mode} ${params.chords?.join(' ') ?? chordsInWords(params)}`);
    if (all.length < 100) continue;
    endings.push(new Set(all.map(({ params }) => lastBarOf(params))).size);
    tunes.push(new Set(all.map(({ params }) => tuneOf(params))).size);
  }
  const count = `${endings.length} happenings with a melody`;
  bench.record({
    name: `${count}: rhythms of the last bar, fewest`,
    unit: '',
    value: Math.min(...endings),
    peers: { 'first edition': 1 },
    goal: { atLeast: 8 },
  });
  bench.record({
    name: `${count}: leads of 200, fewest`,
    unit: '',
    value: Math.min(...tunes),
    peers: { 'first edition': 1 },
    goal: { atLeast: 40 },
  });
  bench.record({
    name: 'rows of chords',
    unit: '',
    value: rows.size,
    peers: { 'first edition': 41 },
    goal: { atLeast: 200 },
  });
}

/** Chords where the parameters only name them in a reason. */
function chordsInWords({ reasons = [] }: Hearing['params']): string {
  return reasons[0]?.therefore.replace(/^[^,]*, /, '') ?? '';
}

function measureHarmony(bench: Bench): void {
  let [moves, parallels] = [0, 0];
  for (const kind of kindNames) {
    for (const { score } of melodies(kind, 50)) {
      const found = parallelsOf(score);
      moves += found.moves;
      parallels += found.parallels;
    }
  }
  bench.record({
    name: `parallel fifths and octaves of outer voices, of ${moves} moves`,
    unit: '%',
    value: (100 * parallels) / moves,
    peers: { 'first edition': 19 },
    goal: { atMost: 3 },
  });
}

async function measureCats(bench: Bench): Promise<void> {
  const purrs: number[] = [];
  const slopes: number[] = [];
  for (const kind of ['merged', 'deployed', 'released', 'approved', 'green'] as const) {
    for (const { score } of melodies(kind, 2)) {
      const gain = await gainOf(score);
      const stem = (cat: InstrumentName): Promise<Stereo> =>
        renderTracks(score, (index) => score.tracks[index]?.instrument === cat, gain);
      const has = (cat: InstrumentName): boolean => score.tracks.some(({ instrument }) => instrument === cat);
      if (has('purr')) purrs.push(loudnessOf(await stem('purr')) - loudnessOf(await renderAs('clip', score)));
      const meow = score.tracks.find(({ instrument }) => instrument === 'meow')?.notes.at(-1);
      if (meow) slopes.push(slopeOf(monoOf(await stem('meow')), meow));
    }
  }
  bench.record({
    name: 'purr under its phrase, median',
    unit: 'LU',
    value: median(purrs),
    peers: { 'first edition': -20 },
    goal: { atLeast: -9 },
  });
  bench.record({
    name: 'meow for good news: end above start, median',
    unit: 'semitones',
    value: median(slopes),
    peers: { 'first edition': -2.6 },
    goal: { atLeast: 0 },
  });
}

/** How far a voice rises over a note, between a fifth and four fifths of it, in semitones. */
function slopeOf(mono: Float32Array, { time, duration }: ScoreNote): number {
  const pitchAt = (place: number): number =>
    fundamental(mono, sampleRate, {
      from: time + duration * place - 0.03,
      to: time + duration * place + 0.03,
      min: 200,
      max: 1500,
    });
  return 12 * Math.log2(pitchAt(0.8) / pitchAt(0.2));
}
