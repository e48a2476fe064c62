import type { Cadence, CatName, EpochMs, MusicalParameters, Reason } from '@bnc/contracts';
import { fromMidi, midi as midiOf } from '@tonaljs/note';
import { colours } from '../gestures.ts';
import { type Happening, sizeOf } from '../happening.ts';
import { type Change, changeOf, type Judged } from '../judge.ts';
import { melodyOf } from '../melody.ts';
import { writePattern } from '../notation.ts';
import { clamp, round } from '../numbers.ts';
import { planOf } from '../plan.ts';
import { hash } from '../random.ts';
import { arrangements } from '../themes.ts';
import { keyAt } from './key.ts';
import { effectsOf, instrumentOf, motifOf, optionsOf, scaleNotes } from './lead-voice.ts';
import { workAt } from './pace.ts';
import { loudnessOf, type Salience, timesHeard } from './salience.ts';
import type { RoomState } from './state.ts';

/** What a phrase is made of. */
interface PhraseMatter {
  /** The room, after it has learned of the activities. */
  readonly room: RoomState & Required<Pick<RoomState, 'clock'>>;
  readonly all: readonly [Judged, ...Judged[]];
  /** The one that gives the phrase its character. */
  readonly character: Judged;
  readonly salience: Salience;
  readonly at: EpochMs;
  /** The bar of the room's cycle in which the phrase has its first bar. */
  readonly firstBar: number;
  /** Sixteenths before the first bar line. */
  readonly upbeat: number;
}

/** A phrase as parameters, and what the room remembers of it. */
interface Made {
  readonly params: MusicalParameters;
  readonly kind: string;
  readonly lead: { readonly seed: number };
}

/** How phrases end, by what they are about. Others end by their emotion. */
const cadences: Readonly<Record<string, Cadence>> = {
  'review approved': 'plagal',
  'deployment approved': 'plagal',
  'security alert solved': 'plagal',
};
const cadenceOfEmotion = {
  tension: 'deceptive',
  resolution: 'authentic',
  activity: 'suspended',
  growth: 'half',
} as const satisfies Readonly<Record<Happening['emotion'], Cadence>>;

/** Decides what a phrase sounds like in its room. */
export function parametersOf({ room, all, character, salience, at, upbeat }: PhraseMatter): Made {
  const { activity, happening, intensity: own } = character;
  const { emotion, gesture } = happening;
  const { clock, settings } = room;
  const { tempo } = clock;
  const theme = settings.theme ?? 'chamber';
  const { tonic, mode } = keyAt(room.repositoryId, at);
  const change = changeOf(all);
  const size = sizeOf({ ...activity, ...change });
  // Routine activities make the phrase no bigger, however many there are.
  const crowd = happening.isRoutine ? 0 : clamp(Math.round(Math.log2(all.length)), 0, 3);
  const intensity = round(clamp(own + 0.05 * crowd, 0, 1));
  const bars = clamp(happening.bars + Math.round(size * 2.4) + crowd, 1, 4);
  const scale = scaleNotes(tonic, mode, happening.register + Math.round(size * 4));
  const callers = [happening, ...all.map(({ happening }) => happening)];
  const cats = [...new Set(callers.flatMap(({ cats }) => cats))].slice(0, 3);
  const motif = motifOf(activity);
  const instrumentType = instrumentOf(activity.language);
  const cadence = cadences[happening.name] ?? cadenceOfEmotion[emotion];
  const kind = `${happening.name}${activity.turn === 'broken' ? ' (first)' : ''}`;
  const times = timesHeard(room.heard, kind, at);
  const seed = hash([activity.repositoryId, ...all.map(({ activity }) => activity.deliveryId)].join(' '));
  const decided = {
    tempo,
    scale,
    rootNote: scale[0] ?? `${tonic}4`,
    instrumentType,
    instrumentOptions: optionsOf(emotion, intensity, theme, activity.isBot),
    duration: (bars * 240 + upbeat * 15) / tempo,
    prngSeed: seed,
    tonic,
    mode,
    bars,
    upbeat: (upbeat * 15) / tempo,
    cadence,
    density: round(clamp(colours[emotion].density + happening.density + 0.1 * crowd, 0, 1)),
    intensity,
    emotion,
    happening: happening.name,
    gesture,
    loudness: loudnessOf(salience, times, activity.isBot),
    effects: effectsOf(emotion, intensity, tempo, arrangements[theme].wet),
    motif,
    cats,
    theme,
  } satisfies MusicalParameters;
  const plan = planOf(decided);
  const spelling = new Map(scale.map((name) => [midiOf(name), name]));
  const pattern = writePattern(melodyOf(plan), (midi) => spelling.get(midi) ?? fromMidi(midi));
  const because = (fact: string, therefore: string): Reason => ({ because: fact, therefore });
  const commits = Math.round(workAt(room.work, at));
  const reasons = [
    because(happening.words, `${tonic} ${mode}, ${plan.slots.map(({ chord }) => chord.name).join(' ')}`),
    because(`it feels like ${emotion}`, `melody: ${gesture}, ${endings[cadence]}`),
    ...(times > 1 ? [because(`the ${ordinal(times)} ${happening.name} in a row`, 'softer')] : []),
    because(`${plural(commits, 'commit')} an hour`, `${tempo} BPM`),
    because(`repository ${activity.repoId}`, `home note ${tonic}`),
    because(
      `by ${activity.actor}${activity.isBot ? ', a bot' : ''}`,
      `leitmotif ${motif.join(' ')}${activity.isBot ? ', soft and plain' : ''}`,
    ),
    because(activity.language ? `written in ${activity.language}` : 'no main language', `lead on ${instrumentType}`),
    because(wordsOf(change), `${plural(bars, 'bar')} from ${decided.rootNote}`),
    ...catReasons(callers, cats).map(([name, called]) => because(name, called.join(', '))),
    ...(all.length > 1 ? [because(`${all.length} happenings at once`, 'one bigger phrase')] : []),
    because(`theme ${theme}`, arrangements[theme].words),
  ];
  return { params: { ...decided, pattern, reasons }, kind, lead: { seed } };
}

const endings: Readonly<Record<Cadence, string>> = {
  authentic: 'it ends at home',
  half: 'it ends open, like a question',
  deceptive: 'it ends elsewhere than expected',
  plagal: 'it ends gently at home',
  suspended: 'it goes on',
};

function ordinal(n: number): string {
  const tens = n % 100 > 10 && n % 100 < 14;
  return `${n}${tens ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th')}`;
}

function wordsOf({ commits, files, additions, deletions }: Change): string {
  return commits + files + additions + deletions === 0
    ? 'no new code'
    : `${plural(commits, 'commit')}, ${plural(files, 'file')}, ${plural(additions + deletions, 'line')}`;
}

/** Names for each cat the first happening that calls it. */
function catReasons(callers: readonly Happening[], cats: readonly CatName[]): [name: string, cats: CatName[]][] {
  const called = new Map<string, CatName[]>();
  for (const cat of cats) {
    const words = callers.find((one) => one.cats.includes(cat))?.words ?? '';
    called.set(words, [...(called.get(words) ?? []), cat]);
  }
  return [...called];
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
