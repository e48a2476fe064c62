import type { EpochMs, GitHubActivity, MusicalParameters } from '@bnc/contracts';
import { happeningOf } from '../happening.ts';
import { type Judged, judgeAll, strongest } from '../judge.ts';
import { arrangements } from '../themes.ts';
import { type Clock, momentOf, sixteenthAt, sixteenthMs, tempoOf } from './clock.ts';
import { aboutOf, recall, remember } from './memory.ts';
import { addEnergy, addWork, workAt, workOf } from './pace.ts';
import { parametersOf } from './parameters.ts';
import { passTime } from './pass-time.ts';
import { enrol } from './roster.ts';
import { hearAgain, salienceOf } from './salience.ts';
import { isQuiet, tempoBandOf } from './settings.ts';
import { learnStanding } from './standing.ts';
import type { RoomState } from './state.ts';

/** A phrase of a room, and when it sounds. */
export interface RoomPhrase {
  /** What to play; `reasons` says why. */
  readonly params: MusicalParameters;
  /** The activities that it is made of: those that the room's settings let through. */
  readonly heard: readonly GitHubActivity[];
  /** The moment of the first sound: a sixteenth of the room's clock. */
  readonly startAt: EpochMs;
  /** The moment at which the phrase before must end. Present only where this phrase interrupts it. */
  readonly yieldsAt?: EpochMs;
}

/** What `advance` returns. */
export interface Advanced {
  /** Pass it to the next call. */
  readonly room: RoomState;
  /** Absent where nothing is played: for no activities, in quiet hours, and for what the room's settings leave out. */
  readonly phrase?: RoomPhrase;
}

/**
 * Continues the piece of a room: makes one phrase of the given activities, and remembers what they change. Pure: the
 * same room, activities and moment give the same result in every process. Takes about a millisecond.
 * @param activities - what the phrase speaks for, in any order; without any, only time passes
 * @param at - the earliest moment of the first sound: the time of the decision plus the time that listeners need to
 * receive the phrase
 */
export function advance(room: RoomState, activities: readonly GitHubActivity[], at: EpochMs): Advanced {
  if (activities.length === 0) return { room: passTime(room, at) };
  const learned = learn(passTime(room, at), activities, at);
  const heard = isQuiet(room.settings, at) ? [] : activities.filter((one) => isHeard(room, one));
  if (heard.length === 0) return { room: learned };
  const all = judgeAll(heard);
  const character = strongest(all);
  const { activity, happening } = character;
  const { roster, place } = enrol(learned.roster, activity.actor, activity.isBot);
  const { clock, sixteenth, upbeat, isUrgent, isBreak } = placeOf(learned, all, at);
  const made = parametersOf({
    room: { ...learned, clock },
    all,
    character,
    salience: salienceOf(happening, activity),
    at,
    firstBar: Math.round((sixteenth + upbeat) / 16),
    upbeat,
    signature: place,
    quote: recall(learned.leads, activity, happening),
  });
  const startAt = Math.round(momentOf(clock, sixteenth));
  const { params, kind, line } = made;
  return {
    room: {
      ...learned,
      clock,
      roster,
      heard: hearAgain(learned.heard, kind, at),
      leads: line === undefined ? learned.leads : remember(learned.leads, line, aboutOf(activity)),
      sounding: { until: Math.round(startAt + params.duration * 1000), isUrgent },
    },
    phrase: { params, heard, startAt, ...(isBreak && { yieldsAt: startAt }) },
  };
}

/**
 * Tells whether activities would interrupt what the room plays at a moment: bad news interrupts anything except other
 * bad news.
 */
export function interrupts({ sounding }: RoomState, activities: readonly GitHubActivity[], at: EpochMs): boolean {
  if (!sounding || sounding.until <= at || sounding.isUrgent || activities.length === 0) return false;
  return isInterrupting(judgeAll(activities));
}

/** Bad news that people wait for. Failed builds of programs do not count, unless they are of the default branch. */
function isInterrupting(all: readonly Judged[]): boolean {
  return all.some(({ happening, activity }) => {
    const isOwnBusiness = activity.isBot && happening.name.startsWith('build') && !activity.isDefaultBranch;
    return happening.emotion === 'tension' && salienceOf(happening, activity) === 5 && !isOwnBusiness;
  });
}

/** Finds where on the clock a phrase begins, and how many sixteenths later its first bar line is. */
function placeOf(room: RoomState, all: readonly Judged[], at: EpochMs) {
  const isUrgent = isInterrupting(all);
  const soundsUntil = room.sounding?.until ?? 0;
  const mayBreak = isUrgent && !room.sounding?.isUrgent;
  const isSilent = room.settings.bed === false && soundsUntil <= at;
  const clock = room.clock && !isSilent ? room.clock : startClock(room, at);
  const sixteenth = sixteenthAt(clock, mayBreak ? at : Math.max(at, soundsUntil));
  // By then, what sounds may have ended by itself.
  const isBreak = mayBreak && Math.round(momentOf(clock, sixteenth)) < soundsUntil;
  const upbeat = Math.ceil((sixteenth + arrangements[room.settings.theme ?? 'chamber'].upbeat) / 4) * 4 - sixteenth;
  return { clock, sixteenth, upbeat, isUrgent, isBreak };
}

/** Starts the clock: what sounds first is the last beat of a bar. */
function startClock({ clock, work, settings }: RoomState, at: EpochMs): Clock {
  const tempo = clock?.tempo ?? tempoOf(workAt(work, at), tempoBandOf(settings));
  return { line: at - 12 * sixteenthMs(tempo), tempo };
}

function learn(room: RoomState, activities: readonly GitHubActivity[], at: EpochMs): RoomState {
  const commits = activities.reduce((sum, activity) => sum + workOf(activity), 0);
  return {
    ...room,
    work: addWork(room.work, commits, at),
    energy: addEnergy(room.energy, activities.length, at),
    standing: activities.reduce((standing, activity) => learnStanding(standing, activity, at), room.standing),
  };
}

function isHeard({ settings: { heard = 'everything' } }: RoomState, activity: GitHubActivity): boolean {
  const happening = happeningOf(activity);
  if (heard === 'failures') return happening.emotion === 'tension';
  return heard === 'everything' || salienceOf(happening, activity) >= 3;
}
