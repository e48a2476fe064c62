import type {
  CatName,
  Effects,
  Emotion,
  GitHubActivity,
  InstrumentOptions,
  InstrumentType,
  MusicalParameters,
  Reason,
} from '@bnc/contracts';
import { fromMidi, midi as midiOf } from '@tonaljs/note';
import { get as scaleOf } from '@tonaljs/scale';
import { colours } from './gestures.ts';
import { type Happening, happeningOf, sizeOf } from './happening.ts';
import { nearest } from './harmony.ts';
import { melodyOf } from './melody.ts';
import { readNote, writePattern } from './notation.ts';
import { between, clamp, round } from './numbers.ts';
import { planOf } from './plan.ts';
import { hash, pick, random } from './random.ts';
import { tempoOf, workOf } from './tempo.ts';
import { arrangements, type Theme } from './themes.ts';

/** What is known of the room apart from the activities. */
export interface MapContext {
  /** How busy the room has been, from `foldTempo`; ≥ 0. Default: the commits of these activities. */
  readonly commitsPerHour?: number;
  /** The arrangement. Default `chamber`. */
  readonly theme?: Theme;
}

/** Keys whose notes have at most one accidental in every mode we use. */
const tonics = ['C', 'G', 'D', 'A', 'E', 'B', 'F#', 'C#', 'Ab', 'Eb', 'Bb', 'F'] as const;
const fm = [
  'javascript',
  'typescript',
  'haskell',
  'elixir',
  'erlang',
  'clojure',
  'f#',
  'ocaml',
  'elm',
  'purescript',
  'scheme',
  'common lisp',
  'racket',
  'gleam',
];
const poly = ['rust', 'c', 'c++', 'java', 'kotlin', 'scala', 'groovy', 'zig', 'objective-c', 'assembly'];

interface Judged {
  readonly activity: GitHubActivity;
  readonly happening: Happening;
  /** How much it matters; the actor makes no difference. */
  readonly weight: number;
  readonly intensity: number;
}

/** Sorts activities by how much they matter to a phrase, the strongest first. Bad news counts for more; of equals, the latest comes first. */
export function byStrength(activities: readonly GitHubActivity[]): readonly GitHubActivity[] {
  return activities
    .map(judge)
    .toSorted((a, b) => b.weight - a.weight || -inOrder(a.activity, b.activity))
    .map(({ activity }) => activity);
}

function judgeAll(activities: GitHubActivity | readonly GitHubActivity[]): readonly [Judged, ...Judged[]] {
  const [first, ...rest] = [activities].flat().toSorted(inOrder).map(judge);
  if (!first) throw new RangeError('activities must hold at least one activity, got none.');
  return [first, ...rest];
}

function strongest(all: readonly [Judged, ...Judged[]]): Judged {
  return all.reduce((best, one) => (one.weight >= best.weight ? one : best), all[0]);
}

/**
 * Finds the activity that gives a phrase its character: the strongest one. Bad news counts for more than good news; of
 * equals, the last one wins.
 * @throws {RangeError} when there is no activity.
 */
export function strongestOf(activities: GitHubActivity | readonly GitHubActivity[]): GitHubActivity {
  return strongest(judgeAll(activities)).activity;
}

/** Adds up the change that a phrase stands for. Routine activities add nothing. */
function changeOf(all: readonly Judged[]): Pick<GitHubActivity, 'commits' | 'files' | 'additions' | 'deletions'> {
  const sum = (field: 'commits' | 'files' | 'additions' | 'deletions'): number =>
    all.reduce((total, { activity, happening }) => total + (happening.isRoutine ? 0 : activity[field]), 0);
  return { commits: sum('commits'), files: sum('files'), additions: sum('additions'), deletions: sum('deletions') };
}

function wordsOf({ commits, files, additions, deletions }: ReturnType<typeof changeOf>): string {
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

/**
 * Decides what activities of one repository sound like. Pure: the same activities and context give the same
 * parameters, in any order. Several activities become one phrase: the strongest gives it its character, the others
 * make it longer and denser and add their cats. Every choice has a reason in `reasons`. Takes well under a millisecond
 * for one activity.
 * @throws {RangeError} when there is no activity.
 */
export function mapActivity(
  activities: GitHubActivity | readonly GitHubActivity[],
  { theme = 'chamber', ...context }: MapContext = {},
): MusicalParameters {
  const all = judgeAll(activities);
  const { activity, happening, intensity: own } = strongest(all);
  const { emotion, gesture } = happening;
  const commitsPerHour = context.commitsPerHour ?? all.reduce((sum, { activity }) => sum + workOf(activity), 0);
  const change = changeOf(all);
  const size = sizeOf({ ...activity, ...change });
  // Routine activities make the phrase no bigger, however many there are.
  const crowd = happening.isRoutine ? 0 : clamp(Math.round(Math.log2(all.length)), 0, 3);
  const intensity = round(clamp(own + 0.05 * crowd, 0, 1));
  const { mode, density } = colours[emotion];
  const tempo = tempoOf(commitsPerHour, emotion);
  const bars = clamp(happening.bars + Math.round(size * 2.4) + crowd, 1, 4);
  const tonic = pick(random(activity.repositoryId, 'tonic'), tonics);
  const scale = scaleNotes(tonic, mode, happening.register + Math.round(size * 4));
  const callers = [happening, ...all.map(({ happening }) => happening)];
  const cats = [...new Set(callers.flatMap(({ cats }) => cats))].slice(0, 3);
  const motif = motifOf(activity);
  const instrumentType = instrumentOf(activity.language);
  const decided = {
    tempo,
    scale,
    rootNote: scale[0] ?? `${tonic}4`,
    instrumentType,
    instrumentOptions: optionsOf(emotion, intensity, theme, activity.isBot),
    duration: (bars * 240) / tempo,
    prngSeed: hash([activity.repositoryId, ...all.map(({ activity }) => activity.deliveryId)].join(' ')),
    tonic,
    mode,
    bars,
    density: round(clamp(density + happening.density + 0.1 * crowd, 0, 1)),
    intensity,
    emotion,
    happening: happening.name,
    gesture,
    effects: effectsOf(emotion, intensity, tempo, arrangements[theme].wet),
    motif,
    cats,
    theme,
  } satisfies MusicalParameters;
  const plan = planOf(decided);
  const spelling = new Map(scale.map((name) => [midiOf(name), name]));
  const because = (fact: string, therefore: string): Reason => ({ because: fact, therefore });
  return {
    ...decided,
    pattern: writePattern(melodyOf(plan), (midi) => spelling.get(midi) ?? fromMidi(midi)),
    reasons: [
      because(happening.words, `${tonic} ${mode}, ${plan.slots.map(({ chord }) => chord.name).join(' ')}`),
      because(`it feels like ${emotion}`, `melody: ${gesture}, ${decided.instrumentOptions.oscillator?.type} wave`),
      because(`${plural(Math.round(commitsPerHour), 'commit')} an hour`, `${tempo} BPM`),
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
    ],
  };
}

function instrumentOf(language: string | undefined): InstrumentType {
  const name = language?.toLowerCase() ?? '';
  if (fm.includes(name)) return 'fmSynth';
  return poly.includes(name) ? 'polySynth' : 'synth';
}

/** A person's leitmotif: four steps that never stand still, hashed from the login. A bot rocks between two notes. */
function motifOf({ actor, isBot }: GitHubActivity): number[] {
  if (isBot) return [0, 1, 0, 1];
  const next = random(hash(actor.toLowerCase()), 'motif');
  const motif = [0];
  while (motif.length < 4) {
    const step = clamp((motif.at(-1) ?? 0) + pick(next, [-3, -2, -1, 1, 2, 3, 4]), -3, 5);
    if (step !== motif.at(-1)) motif.push(step);
  }
  return motif;
}

function effectsOf(emotion: Emotion, intensity: number, tempo: number, wet: number): Effects {
  const room = round(clamp(between(0.15, 0.3, intensity) + wet, 0.05, 0.6));
  const own: Readonly<Record<Emotion, Effects>> = {
    tension: { phaser: { wet: 0.2, rate: 0.3 } },
    resolution: { chorus: { wet: round(between(0.15, 0.35, intensity)), rate: 0.8, depth: 0.4 } },
    activity: { delay: { wet: round(between(0.1, 0.25, intensity)), time: 45 / tempo, feedback: 0.3 } },
    growth: { chorus: { wet: 0.25, rate: 0.5, depth: 0.6 } },
  };
  return { reverb: { wet: room, decay: emotion === 'tension' ? 3 : 2 }, ...own[emotion] };
}

function optionsOf(emotion: Emotion, intensity: number, theme: Theme, isBot: boolean): InstrumentOptions {
  const { oscillator, cutoff, envelope } = colours[emotion];
  const [attack, decay, sustain, release] = envelope;
  return {
    oscillator: { type: arrangements[theme].oscillator ?? (isBot ? 'sine' : oscillator) },
    envelope: { attack, decay, sustain, release },
    filter: { type: 'lowpass', frequency: Math.round(between(cutoff[0], cutoff[1], intensity)), Q: 1 },
    volume: isBot ? -4 : 0,
  };
}

/** Two octaves of a mode from the tonic that lies nearest to `register`. */
function scaleNotes(tonic: string, mode: string, register: number): string[] {
  const root = nearest(readNote(tonic) % 12, register);
  const octave = [0, 1, 2, 3, 4, 5, 6, 7, 8].find((octave) => midiOf(`${tonic}${octave}`) === root) ?? 4;
  return [
    ...scaleOf(`${tonic}${octave} ${mode}`).notes,
    ...scaleOf(`${tonic}${octave + 1} ${mode}`).notes,
    `${tonic}${octave + 2}`,
  ];
}

function judge(activity: GitHubActivity): Judged {
  const happening = happeningOf(activity);
  const strength = happening.intensity + (happening.isRoutine ? 0 : 0.2 * sizeOf(activity));
  return {
    activity,
    happening,
    // Bad news weighs more than its sound is strong, so that good news at the same moment cannot hide it.
    weight: round(strength + (happening.emotion === 'tension' ? 0.35 : 0)),
    intensity: round(clamp(strength * (activity.isBot ? 0.7 : 1), 0, 1)),
  };
}

/** Sorts by time, then by delivery, so that the order of arrival changes nothing. */
function inOrder(a: GitHubActivity, b: GitHubActivity): number {
  return a.occurredAt - b.occurredAt || (a.deliveryId < b.deliveryId ? -1 : 1);
}
