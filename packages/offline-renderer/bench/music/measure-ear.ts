import { type Bench, median } from '@bnc/bench';
import { compose, type Theme, themes } from '@bnc/music-engine';
import { type Heard, recognise, renderBeginning, type Sketch, sketchOf } from './ear.ts';
import { hear } from './hearings.ts';
import { hourStart } from './hours.ts';
import { activityOf, type KindName, people, programs } from './kinds.ts';
import { renderAs, type Stereo } from './mix.ts';
import { pieceOf } from './played.ts';
import { colourOf, monoOf } from './tone.ts';

const twelve = [
  'push',
  'opened',
  'merged',
  'approved',
  'changes requested',
  'commented',
  'green',
  'red',
  'deployed',
  'released',
  'issue opened',
  'alert',
] as const satisfies readonly KindName[];
const small = [
  'labelled',
  'assigned',
  'review asked',
  'milestoned',
  'wiki',
  'branch deleted',
  'branch created',
  'cancelled',
  'deploying',
  'queued',
] as const satisfies readonly KindName[];
const bad = ['red', 'alert', 'deployment failed'] as const satisfies readonly KindName[];

/** Rooms in which the ear learns, and rooms in which it is tested. */
const rooms = 20;
/** Times that the ear has heard each happening before it is asked for twelve of them. */
const hearings = 3;

/** Measures what a coarse ear makes of the first 1.3 s. */
export async function measureEar(bench: Bench): Promise<void> {
  for (const theme of themes) {
    await measureKinds(bench, theme, 'twelve happenings after three hearings', twelve, hearings, 69, 85);
    await measureKinds(bench, theme, 'ten small happenings', small, rooms, 9, 80);
    const shares = await sharesOf(theme, bad, rooms);
    bench.record({
      name: `ear, ${theme}: red, alert, failed deployment, the worst`,
      unit: '%',
      value: 100 * Math.min(...shares.values()),
      peers: { 'first edition': 39 },
      goal: { atLeast: 80 },
    });
  }
  await measureThemes(bench);
  await measurePeople(bench);
  measurePrograms(bench);
}

async function sharesOf(theme: Theme, kinds: readonly KindName[], learn: number): Promise<ReadonlyMap<string, number>> {
  const heard = async (first: number, count: number): Promise<Heard[]> => {
    const all: Heard[] = [];
    for (const name of kinds) {
      for (let i = first; i < first + count; i++) all.push({ name, sketch: await sketch(name, i, theme) });
    }
    return all;
  };
  return recognise(await heard(0, learn), await heard(100, rooms));
}

async function sketch(kind: KindName, number: number, theme: Theme): Promise<Sketch> {
  return sketchOf(await renderBeginning(hear(kind, number, theme).score), 31 * number + kind.length);
}

async function measureKinds(
  bench: Bench,
  theme: Theme,
  words: string,
  kinds: readonly KindName[],
  learn: number,
  first: number,
  atLeast: number,
): Promise<void> {
  const shares = [...(await sharesOf(theme, kinds, learn)).values()];
  const value = (100 * shares.reduce((sum, share) => sum + share, 0)) / shares.length;
  bench.record({
    name: `ear, ${theme}: ${words}`,
    unit: '%',
    value,
    peers: { 'first edition': first },
    goal: { atLeast },
  });
}

/** The ear learns themes by some happenings and names those of others; and how far apart their colours are. */
async function measureThemes(bench: Bench): Promise<void> {
  const six = ['push', 'opened', 'merged', 'red', 'green', 'deployed'] as const;
  const learned: Heard[] = [];
  const tested: Heard[] = [];
  const colours = new Map<Theme, (readonly number[])[]>();
  for (const theme of themes) {
    for (let i = 0; i < 2 * rooms; i++) {
      const heard = { name: theme, sketch: await sketch(six[i % 6] ?? 'push', i, theme) };
      (i < rooms ? learned : tested).push(heard);
    }
    const sounds: Stereo[] = [];
    for (const kind of six) sounds.push(await renderAs('clip', hear(kind, 1, theme).score));
    colours.set(
      theme,
      sounds.map((sound) => colourOf(monoOf(sound))),
    );
  }
  const shares = [...recognise(learned, tested).values()];
  bench.record({ name: 'ear: theme, the worst', unit: '%', value: 100 * Math.min(...shares), goal: { atLeast: 95 } });
  const distances = themes.flatMap((one, i) =>
    themes.slice(i + 1).map((other) => {
      const apart = six.map((_, kind) => {
        const [a = [], b = []] = [colours.get(one)?.[kind], colours.get(other)?.[kind]];
        return Math.sqrt(a.reduce((sum, level, band) => sum + (level - (b[band] ?? 0)) ** 2, 0) / a.length);
      });
      return median(apart);
    }),
  );
  bench.record({
    name: 'themes: log-spectral distance, the nearest two',
    unit: 'dB',
    value: Math.min(...distances),
    goal: { atLeast: 8 },
  });
}

/** Eight people do the same things in one room. The ear learns each by some of them and is tested on the others. */
async function measurePeople(bench: Bench): Promise<void> {
  const room = pieceOf(1_296_276);
  const learned: Heard[] = [];
  const tested: Heard[] = [];
  let count = 0;
  for (const [round, kind] of [
    'push',
    'commented',
    'opened',
    'approved',
    'merged',
    'push',
    'issue opened',
    'green',
  ].entries()) {
    for (const person of people) {
      const at = hourStart + 30_000 * ++count;
      const activity = activityOf(kind as KindName, person, {
        deliveryId: `person ${count}`,
        subject: `pull/${count}`,
      });
      const phrase = room.advance([activity], at);
      if (!phrase) continue;
      const sketch = sketchOf(await renderBeginning(compose(phrase.params)), count);
      (round < 5 ? learned : tested).push({ name: person.actor, sketch });
    }
  }
  const shares = [...recognise(learned, tested).values()];
  const value = (100 * shares.reduce((sum, share) => sum + share, 0)) / shares.length;
  bench.record({
    name: 'ear: eight people of a room',
    unit: '%',
    value,
    peers: { 'first edition': 13 },
    goal: { atLeast: 80 },
  });
}

/** Fourteen programs in one room: how many signatures there are. */
function measurePrograms(bench: Bench): void {
  const room = pieceOf(1_296_276);
  const base = programs.copilot;
  const names = Array.from({ length: 14 }, (_, i) => `program-${i}[bot]`);
  const signatures = names.map((actor, i) => {
    const by = { ...base, actor, agent: { id: actor, kind: 'bot' as const } };
    const activity = activityOf('commented', by, { deliveryId: actor });
    return JSON.stringify(room.advance([activity], hourStart + 60_000 * i)?.params.signature);
  });
  const value = new Set(signatures).size;
  bench.record({
    name: '14 agents and bots of a room: signatures',
    unit: '',
    value,
    peers: { 'first edition, of 8': 1 },
    goal: { atLeast: 14 },
  });
}
