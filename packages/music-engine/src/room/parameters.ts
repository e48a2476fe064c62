import type { Cadence, EpochMs, MusicalParameters, Pattern } from '@bnc/contracts';
import { fromMidi, midi as midiOf } from '@tonaljs/note';
import { colours } from '../gestures.ts';
import { cycleOf } from '../grammar.ts';
import { type Happening, sizeOf } from '../happening.ts';
import { changeOf, type Judged } from '../judge.ts';
import type { LeadLine } from '../lead-line.ts';
import { writePattern } from '../notation.ts';
import { clamp, round } from '../numbers.ts';
import { lineOf, writePhrase } from '../phrase.ts';
import { hash } from '../random.ts';
import type { Note } from '../rhythm.ts';
import { signSeconds } from '../signs/parts.ts';
import { signOf } from '../signs/sign-of.ts';
import { arrangements } from '../themes.ts';
import { cycleBars } from './clock.ts';
import { keyAt } from './key.ts';
import { effectsOf, instrumentOf, motifOf, optionsOf, scaleNotes } from './lead-voice.ts';
import type { Recalled } from './memory.ts';
import { reasonsOf } from './reasons.ts';
import { loudnessOf, type Salience, timesHeard } from './salience.ts';
import type { RoomState } from './state.ts';

/** What a phrase is made of. */
export interface PhraseMatter {
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
  /** Place in the roster of who did it. */
  readonly signature: number;
  /** The lead that is taken up. */
  readonly quote: Recalled | undefined;
}

/** A phrase as parameters, and what the room remembers of it. */
interface Made {
  readonly params: MusicalParameters;
  readonly kind: string;
  /** Its lead; absent for a sign that sounds alone. */
  readonly line?: LeadLine;
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
export function parametersOf(matter: PhraseMatter): Made {
  const { room, all, character, salience, at, firstBar, quote, signature } = matter;
  const { activity, happening, intensity: own } = character;
  const { emotion, gesture } = happening;
  const { tempo } = room.clock;
  const theme = room.settings.theme ?? 'chamber';
  const { lead } = arrangements[theme];
  const instrument = instrumentOf(activity.language);
  const { tonic, mode, seed: cycleSeed } = keyAt(room.repositoryId, at);
  const size = sizeOf({ ...activity, ...changeOf(all) });
  const isAlone = salience === 1;
  const crowd = isAlone ? 0 : clamp(Math.round(Math.log2(all.length)), 0, 3);
  const intensity = round(clamp(own + 0.05 * crowd, 0, 1));
  const sign = signOf(happening, activity);
  const bars = isAlone ? 0 : clamp(happening.bars + Math.round(size * 2.4) + crowd, 1, 4);
  const upbeat = isAlone ? 0 : matter.upbeat;
  const sixteenths = isAlone
    ? 4 * Math.ceil((signSeconds(sign, signature, arrangements[theme]) * tempo) / 60)
    : bars * 16 + upbeat;
  const register = happening.register + 12 + Math.round(size * 4);
  const scale = scaleNotes(tonic, mode, register);
  const callers = [happening, ...all.map((one) => one.happening)];
  const cadence = cadences[happening.name] ?? cadenceOfEmotion[emotion];
  const kind = `${happening.name}${activity.turn === 'broken' ? ' after green' : ''}`;
  const times = timesHeard(room.heard, kind, at);
  const decided = {
    tempo,
    scale,
    rootNote: scale[0] ?? `${tonic}4`,
    instrumentType: instrument,
    ...(lead && { lead: lead.instrument }),
    instrumentOptions: optionsOf({ emotion, intensity, theme, instrument, isBot: activity.isBot }),
    duration: (sixteenths * 15) / tempo,
    prngSeed: hash([activity.repositoryId, ...all.map((one) => one.activity.deliveryId)].join(' ')),
    tonic,
    mode,
    bars,
    upbeat: (upbeat * 15) / tempo,
    cadence,
    sign,
    signature,
    density: round(clamp(colours[emotion].density + happening.density + 0.1 * crowd, 0, 1)),
    intensity,
    emotion,
    happening: happening.name,
    gesture,
    loudness: loudnessOf(salience, times, activity.isBot),
    effects: effectsOf(emotion, intensity, tempo, theme),
    motif: motifOf(activity),
    cats: isAlone ? [] : [...new Set(callers.flatMap(({ cats }) => cats))].slice(0, 3),
    theme,
  } satisfies MusicalParameters;
  if (isAlone) return { params: { ...decided, reasons: reasonsOf({ ...matter, params: decided, times }) }, kind };
  const cycle = cycleOf({ seed: cycleSeed, mode, theme });
  const { density, motif, rootNote, prngSeed } = decided;
  const { chords, lead: melody } = writePhrase({
    seed: prngSeed,
    tonic,
    mode,
    bars,
    gesture,
    emotion,
    cadence,
    density,
    intensity,
    motif,
    theme,
    register: midiOf(rootNote) ?? register,
    cycle: Array.from({ length: bars * 2 }, (_, i) => cycle.at((firstBar * 2 + i) % (cycleBars * 2)) ?? ''),
    ...(quote && { quote }),
  });
  const params = { ...decided, chords, pattern: patternOf(melody, scale) };
  return {
    params: { ...params, reasons: reasonsOf({ ...matter, params, times }) },
    kind,
    line: lineOf(melody, { tonic, mode, chords }),
  };
}

function patternOf(lead: readonly Note[], scale: readonly string[]): Pattern {
  const spelling = new Map(scale.map((name) => [midiOf(name), name]));
  return writePattern(lead, (midi) => spelling.get(midi) ?? fromMidi(midi));
}
