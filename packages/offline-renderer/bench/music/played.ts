import type { EpochMs, GitHubActivity, MusicalParameters, Score } from '@bnc/contracts';
import {
  advance,
  bedOf,
  compose,
  gather,
  interrupts,
  openRoom,
  type RoomPhrase,
  type RoomSettings,
  strongestOf,
} from '@bnc/music-engine';
import { type Happening, hourMs, hourStart } from './hours.ts';

/** A phrase that a room plays. */
export interface Sound {
  readonly activities: readonly GitHubActivity[];
  /** The one that gives the phrase its character. */
  readonly head: GitHubActivity;
  /** When the server heard the first of them. */
  readonly heardAt: EpochMs;
  readonly startAt: EpochMs;
  readonly params: MusicalParameters;
  readonly score: Score;
  /** Whether it interrupts the one before. */
  readonly interrupts: boolean;
  /** When it makes way for bad news. */
  readonly yieldsAt?: EpochMs;
}

/** A loop of the bed, from when to when it is heard, without its crossfades. */
export interface BedLoop {
  /** The same for the same sound. */
  readonly id: string;
  readonly score: Score;
  /** Time between two beginnings of the loop, which are at multiples of it since 1970. */
  readonly everyMs: number;
  readonly from: EpochMs;
  readonly until: EpochMs;
}

/** All that sounds in an hour. */
export interface Played {
  readonly sounds: readonly Sound[];
  readonly loops: readonly BedLoop[];
}

/** A loop without its end. */
type OpenLoop = Omit<BedLoop, 'until'>;

/** What makes phrases of activities: a room as a piece of music, or anything else that is to be compared with it. */
export interface Composer {
  /** `at` is the earliest moment of the first sound. Undefined where the activities make no sound. */
  advance(activities: readonly GitHubActivity[], at: EpochMs): RoomPhrase | undefined;
  /** Whether activities would interrupt what sounds at a moment. */
  interrupts(activities: readonly GitHubActivity[], at: EpochMs): boolean;
  /** The loops of the bed that belong to a moment. */
  bedAt(at: EpochMs): readonly OpenLoop[];
}

/** A room that is one piece. */
export function pieceOf(repositoryId: number, settings: RoomSettings = {}): Composer {
  let room = openRoom({ repositoryId, settings });
  return {
    advance(activities, at) {
      const { room: next, phrase } = advance(room, activities, at);
      room = next;
      return phrase;
    },
    interrupts: (activities, at) => interrupts(room, activities, at),
    bedAt(at) {
      const { id, loops, tempo, startAt } = bedOf(room, at);
      return loops.map(({ score, lengthBars }, index) => ({
        id: `${id} ${index}`,
        score,
        everyMs: (lengthBars * 240_000) / tempo,
        from: startAt,
      }));
    },
  };
}

/** Time from the decision to the sound, as the server allows its listeners. */
const leadMs = 150;
/** The next phrase is composed this long before the room falls silent, as the server does it. */
const headStartMs = 700;

/** A bed changes with time alone: it is looked at this often. */
const bedEveryMs = 60_000;

/**
 * Plays an hour as the server that owns the room does, on a virtual clock: waves and floods are gathered; what comes while
 * the room sounds becomes the next phrase; bad news interrupts.
 */
export function play(happenings: readonly Happening[], composer: Composer): Played {
  const sounds: Sound[] = [];
  const heard = new Map(happenings.map(({ at, activity }) => [activity.deliveryId, at]));
  const waiting = [...happenings];
  const end = hourStart + hourMs;
  const beds = [composer.bedAt(hourStart)];
  let gathered: ReturnType<typeof gather>['state'] | undefined;
  const burst: GitHubActivity[] = [];
  let soundsUntil = 0;
  let bedDue = hourStart;

  const sound = (activities: readonly GitHubActivity[], now: EpochMs): void => {
    const phrase = composer.advance(activities, now + leadMs);
    if (!phrase) return;
    const { params, startAt, yieldsAt } = phrase;
    const last = sounds.at(-1);
    if (last && yieldsAt !== undefined) sounds[sounds.length - 1] = { ...last, yieldsAt };
    const heardAt = Math.min(...activities.map(({ deliveryId }) => heard.get(deliveryId) ?? now));
    const head = strongestOf(activities);
    sounds.push({
      activities,
      head,
      heardAt,
      startAt,
      params,
      score: compose(params),
      interrupts: yieldsAt !== undefined,
    });
    soundsUntil = startAt + params.duration * 1000;
  };

  for (;;) {
    const next = waiting[0]?.at ?? Number.POSITIVE_INFINITY;
    const composeAt = burst.length > 0 ? Math.max(hourStart, soundsUntil - headStartMs) : Number.POSITIVE_INFINITY;
    const now = Math.min(next, gathered?.due ?? Number.POSITIVE_INFINITY, composeAt, bedDue + bedEveryMs);
    if (now >= end) break;
    const { state, ready } = gather(gathered, now === next ? waiting.shift()?.activity : undefined, now);
    gathered = state;
    for (const activities of ready) {
      if (composer.interrupts(activities, now + leadMs)) sound(activities, now);
      else burst.push(...activities);
    }
    if (burst.length > 0 && soundsUntil - headStartMs <= now) sound(burst.splice(0), now);
    beds.push(composer.bedAt(now));
    bedDue = Math.floor(now / bedEveryMs) * bedEveryMs;
  }
  return { sounds, loops: joinLoops(beds, end) };
}

/** Lasts each loop until another one takes its place. */
function joinLoops(beds: readonly (readonly OpenLoop[])[], until: EpochMs): readonly BedLoop[] {
  const joined: BedLoop[] = [];
  let open: readonly BedLoop[] = [];
  for (const loops of beds) {
    const next = loops.map((loop) => open.find(({ id }) => id === loop.id) ?? { ...loop, until });
    const changesAt = next.find((loop) => !open.includes(loop))?.from ?? until;
    for (const loop of open) if (!next.includes(loop)) joined.push({ ...loop, until: changesAt });
    open = next;
  }
  return [...joined, ...open];
}
