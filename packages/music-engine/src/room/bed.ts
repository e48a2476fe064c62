import type { Bpm, EpochMs, Lufs, Score, ScoreNote, Track } from '@bnc/contracts';
import { chroma } from '@tonaljs/note';
import { playedBy } from '../band.ts';
import { nearest } from '../harmony.ts';
import { round } from '../numbers.ts';
import { hash, type Random, random } from '../random.ts';
import { type Arrangement, arrangements } from '../themes.ts';
import { momentOf, sixteenthAt } from './clock.ts';
import { keyAt, type RoomKey } from './key.ts';
import { energyAt } from './pace.ts';
import { passTime } from './pass-time.ts';
import { type Standing, standingAt } from './standing.ts';
import type { RoomState } from './state.ts';

/**
 * One layer of a bed. It repeats without end: each turn begins at a multiple of its length since 1970, so that all
 * listeners are in phase.
 */
export interface BedLoop {
  readonly score: Score;
  /** Its length in bars of the bed's tempo. */
  readonly lengthBars: number;
  /** Its loudness. */
  readonly level: Lufs;
}

/** What sounds under the phrases of a room, and says how things stand. */
export interface Bed {
  /** Names what it sounds like: beds of the same name have the same loops. */
  readonly id: string;
  /** A drone, slow chords and a sparse bell, of 8, 11 and 13 bars: together they repeat after more than an hour. */
  readonly loops: readonly BedLoop[];
  /** Tempo of the loops. They have no pulse: it is not that of the phrases. */
  readonly tempo: Bpm;
  /**
   * When it takes over from the bed before: a bar line of the room, or the given moment while the room has no clock.
   */
  readonly startAt: EpochMs;
  readonly state: Standing;
}

/** Loudness of each layer: -40 LUFS together. The drone carries it, below where signs lie. */
const levels = { drone: -41.2, chords: -45.2, bells: -46.7 } as const satisfies Readonly<Record<string, Lufs>>;

const bedTempo: Bpm = 66;
const barSeconds = 240 / bedTempo;

/** Time of 88 bars, after which the drone and the chords would begin together again: then all three find other notes. */
const passageMs = (88 * 240_000) / bedTempo;
/** Passages of a part of the day: they take 64 minutes, so that no hour of a bed repeats. */
const passages = 12;

/** Happenings an hour from which the bed is half open, and fully open. */
const openFrom = [8, 30] as const;

/** What a state makes of the layers: octaves, how full the chords are, how often the bell strikes. */
interface Mood {
  /** MIDI note near which the drone lies. */
  readonly drone: number;
  /** MIDI note near which the chords lie. */
  readonly chords: number;
  /** How many of the tones that fit every chord of the room the chords and the bell use. */
  readonly tones: number;
  /** Bell notes in thirteen bars. */
  readonly bells: number;
  /** Whether bells fall or rise. */
  readonly isRising: boolean;
  /** Low-pass of the held layers in hertz, from few happenings to many. */
  readonly cutoff: readonly [number, number, number];
}

const moods: Readonly<Record<Standing, Mood>> = {
  green: { drone: 43, chords: 62, tones: 4, bells: 5, isRising: true, cutoff: [700, 1100, 1800] },
  red: { drone: 38, chords: 53, tones: 2, bells: 3, isRising: false, cutoff: [350, 450, 600] },
  deploying: { drone: 43, chords: 65, tones: 4, bells: 9, isRising: true, cutoff: [900, 1400, 2200] },
  quiet: { drone: 43, chords: 60, tones: 3, bells: 2, isRising: true, cutoff: [500, 700, 1000] },
};

/** Semitones above the tonic that clash with no chord of the mode, home first. */
const common = { major: [0, 7, 2, 9], dorian: [0, 7, 2, 5], mixolydian: [0, 7, 2, 5] } as const;

/**
 * Returns the bed of a room at a moment. Pure. What it sounds like changes with the part of the day, how things stand and how much
 * happens; its notes change every 320 s, at the same moments for all listeners of a room, and at others in other rooms.
 */
export function bedOf(room: RoomState, at: EpochMs): Bed {
  const key = keyAt(room.repositoryId, at);
  const state = standingAt(room.standing, at);
  const energy = openFrom.filter((perHour) => energyAt(room.energy, at) >= perHour).length;
  const { theme = 'chamber' } = room.settings;
  // Not all rooms of a server at once: each change is some work.
  const passage = Math.floor((at + (hash(`${room.repositoryId} passage`) % passageMs)) / passageMs) % passages;
  const { clock } = passTime(room, at);
  const sound = [3, theme, key.tonic, key.mode, key.seed, state, energy, passage].join(' ');
  return {
    id: hash(sound).toString(16).padStart(8, '0'),
    loops: loopsOf({ key, mood: moods[state], energy, passage, players: arrangements[theme].bed }),
    tempo: bedTempo,
    startAt: clock ? Math.round(momentOf(clock, Math.ceil(sixteenthAt(clock, at) / 16) * 16)) : at,
    state,
  };
}

/** What the loops of a bed are made from. */
interface BedMatter {
  readonly key: RoomKey;
  readonly mood: Mood;
  /** 0-2: how much happens. */
  readonly energy: number;
  readonly passage: number;
  readonly players: Arrangement['bed'];
}

function loopsOf({ key, mood, energy, passage, players }: BedMatter): BedLoop[] {
  const classes = common[key.mode].map((semitones) => (chroma(key.tonic) + semitones) % 12);
  const cutoff = mood.cutoff[energy] ?? mood.cutoff[0];
  const some = classes.slice(0, mood.tones);
  const layers = [
    {
      lengthBars: 8,
      level: levels.drone,
      track: held(players, cutoff, -0.1, drone(classes, mood, energy, random(key.seed, `bed drone ${passage}`))),
    },
    {
      lengthBars: 11,
      level: levels.chords,
      track: held(players, cutoff, 0.15, chords(some, mood, energy, random(key.seed, `bed chords ${passage}`))),
    },
    {
      lengthBars: 13,
      level: levels.bells,
      track: bells(players, some, mood, random(key.seed, `bed bells ${passage}`)),
    },
  ];
  return layers.map(({ lengthBars, level, track }) => ({
    lengthBars,
    level,
    score: { tempo: bedTempo, duration: lengthBars * barSeconds, loudness: level, prngSeed: key.seed, tracks: [track] },
  }));
}

const hall = { reverb: { wet: 0.5, decay: 4 } };

/** The home note and its fifth, in two breaths: one of them always sounds, so that the bed has no holes. */
function drone(
  [tonic = 0, fifth = 0]: readonly number[],
  { drone: near }: Mood,
  energy: number,
  next: Random,
): ScoreNote[] {
  const root = Math.max(36, nearest(tonic, near));
  const upper = nearest(fifth, root + 7);
  // The second breath comes sooner or later, one tone after the other. It lasts into the next turn, so that no hole is heard.
  const turn = 2.5 + 2.5 * next();
  const tones = energy > 0 ? [root, upper, root + 12] : [root, upper];
  const first = next() < 0.5 ? tones : tones.toReversed();
  return [
    ...breath([root, upper], 0, turn + 0.4),
    ...first.flatMap((tone, i) => breath([tone], turn + 0.4 * i, 8.25 - turn - 0.4 * i)),
  ];
}

/** Three chords, of tones that fit whatever the phrases play; bars between them rest. */
function chords(classes: readonly number[], { chords: near }: Mood, energy: number, next: Random): ScoreNote[] {
  const size = Math.min(classes.length, 2 + (energy > 1 ? 1 : 0));
  return [0.5, 4, 7.6].flatMap((bar) => {
    const from = Math.floor(next() * classes.length);
    const voices = Array.from({ length: size }, (_, i) => classes[(from + i) % classes.length] ?? 0);
    return breath(
      voices.map((pc, i) => nearest(pc, near + 5 * i)).toSorted((a, b) => a - b),
      bar,
      3,
    );
  });
}

/** Single notes, far apart, on no beat. */
function bells(
  { bells: player }: Arrangement['bed'],
  classes: readonly number[],
  { chords: near, bells: count, isRising }: Mood,
  next: Random,
): Track {
  const notes = Array.from({ length: count }, (_, i): ScoreNote => {
    const bar = ((i + 0.2 + next() * 0.6) / count) * 12;
    const place = isRising ? i : count - i;
    const pc = classes[Math.floor(next() * classes.length)] ?? 0;
    const midi = nearest(pc, near + 12 + (place % 3) * 4);
    return { time: round(bar * barSeconds), duration: 2, midi, velocity: round(0.35 + next() * 0.2) };
  });
  return { ...playedBy(player), gain: 1, pan: 0.3, effects: hall, notes };
}

function held(
  { held: { instrument, options: own } }: Arrangement['bed'],
  frequency: number,
  pan: number,
  notes: readonly ScoreNote[],
): Track {
  const options = {
    ...own,
    envelope: { attack: 2.5, decay: 1, sustain: 0.9, release: 4 },
    filter: { type: 'lowpass', frequency, Q: 0.5 },
  } as const;
  return { instrument, options, gain: 1, pan, effects: hall, notes };
}

/** Notes that begin and end together, with room for their slow beginning and end. */
function breath(midis: readonly number[], bar: number, bars: number): ScoreNote[] {
  const [time, duration] = [round(bar * barSeconds), round(bars * barSeconds - 1)];
  return [...new Set(midis)].map((midi) => ({ time, duration, midi, velocity: 0.6 }));
}
