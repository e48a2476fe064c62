import type { Bench } from '@bnc/bench';
import { compose, type Theme, themes } from '@bnc/music-engine';
import { type Heard, learn, recognise, renderBeginning, type Sketch, sketchErrors, sketchOf } from './ear.ts';
import { hear } from './hearings.ts';
import { hourStart } from './hours.ts';
import { activityOf, type KindName, people, programs } from './kinds.ts';
import { pieceOf } from './played.ts';
import { overBed } from './under.ts';

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
    await measurePeople(bench, theme);
  }
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
  const sound = await renderBeginning(hear(kind, number, theme).score);
  return sketchOf(await overBed(sound, theme, number), 31 * number + kind.length);
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

/** What eight people do in one room while the ear learns, and while it is tested: the same, and what it has not heard of them. */
const learnedDeeds = ['push', 'commented', 'opened', 'approved', 'merged', 'green'] as const;
const testedDeeds = [...learnedDeeds, 'issue opened', 'changes requested'] as const;
/** Times that the ear hears each person do each thing before it is tested. */
const learnedRounds = 2;

/** A hearing of which both is asked: who, and what. */
interface Deed {
  readonly person: string;
  readonly kind: KindName;
  readonly sketch: Sketch;
}

/** Eight people do the same things in one room: whether the ear knows who it was, and who and what from the same 1.3 s. */
async function measurePeople(bench: Bench, theme: Theme): Promise<void> {
  const room = pieceOf(1_296_276, { theme });
  const learned: Deed[] = [];
  const tested: Deed[] = [];
  let count = 0;
  const rounds = [...Array.from({ length: learnedRounds }, () => learnedDeeds), testedDeeds];
  for (const [round, deeds] of rounds.entries()) {
    for (const kind of deeds) {
      for (const person of people) {
        const at = hourStart + 30_000 * ++count;
        const more = { deliveryId: `person ${count}`, subject: `pull/${count}`, occurredAt: at };
        const phrase = room.advance([activityOf(kind, person, more)], at);
        if (!phrase) continue;
        const sound = await renderBeginning(compose(phrase.params));
        const sketch = sketchOf(await overBed(sound, theme, count), count);
        (round < learnedRounds ? learned : tested).push({ person: person.actor, kind, sketch });
      }
    }
  }
  const personOf = learn(
    learned.map(({ person, sketch }) => ({ name: person, sketch })),
    sketchErrors,
  );
  const kindOf = learn(
    learned.map(({ kind, sketch }) => ({ name: kind, sketch })),
    sketchErrors,
  );
  const share = (all: readonly Deed[], isRight: (deed: Deed) => boolean): number =>
    (100 * all.filter(isRight).length) / all.length;
  const isPerson = ({ person, sketch }: Deed): boolean => personOf(sketch) === person;
  bench.record({
    name: `ear, ${theme}: eight people of a room`,
    unit: '%',
    value: share(tested, isPerson),
    peers: { 'first edition': 13 },
    goal: { atLeast: 80 },
  });
  const known = tested.filter(({ kind }) => (learnedDeeds as readonly KindName[]).includes(kind));
  bench.record({
    name: `ear, ${theme}: who and what together, eight people and six happenings`,
    unit: '%',
    value: share(known, (deed) => isPerson(deed) && kindOf(deed.sketch) === deed.kind),
    goal: { atLeast: 64 },
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
