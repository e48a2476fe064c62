import type { EpochMs, GitHubActivity, MusicalParameters, Score } from '@bnc/contracts';
import {
  type Bed,
  bedOf,
  compose,
  type GatherState,
  gather,
  openRoom,
  type RoomState,
  type Theme,
  tellsOf,
} from '@bnc/music-engine';
import { shortestLeadMs } from '../../rooms/lead.ts';
import { decide, mayInterrupt } from '../../rooms/piece.ts';
import { longestPauseMs } from './schedule.ts';

/** A phrase of a replay. */
export interface PlayedPhrase {
  /** What it speaks for, in a line. */
  readonly title: string;
  readonly score: Score;
  readonly params: MusicalParameters;
  readonly startAt: EpochMs;
  /** When it makes way for bad news. */
  readonly yieldsAt?: EpochMs;
}

/** A bed, from when on it sounds. */
export interface PlayedBed {
  readonly bed: Bed;
  readonly from: EpochMs;
}

/** All that a room plays. */
export interface Played {
  readonly phrases: readonly PlayedPhrase[];
  /** Oldest first; each until the next one begins. */
  readonly beds: readonly PlayedBed[];
}

/** A phrase is decided this long before the room falls silent, as in a room with listeners. */
const headStartMs = 700;

/** A bed changes with time alone: it is looked at this often. */
const bedEveryMs = 60_000;

/** An activity, and when the room takes it. */
export interface Happening {
  readonly at: EpochMs;
  readonly activity: GitHubActivity;
}

/** Plays happenings, oldest first, as the room of a server does for its listeners, on a clock of its own. */
export function play(happenings: readonly Happening[], repositoryId: number, theme?: Theme): Played {
  const phrases: PlayedPhrase[] = [];
  const beds: PlayedBed[] = [];
  let room: RoomState = openRoom({ repositoryId, settings: { ...(theme && { theme }) } });
  let gathered: GatherState | undefined;
  let burst: readonly GitHubActivity[] = [];
  let soundsUntil = 0;
  const [first, last] = [happenings[0]?.at ?? 0, happenings.at(-1)?.at ?? 0];
  let bedDue = first;

  const sound = (activities: readonly GitHubActivity[], now: EpochMs): void => {
    const made = decide(room, activities, { at: now + shortestLeadMs, soundsUntil });
    room = made.room;
    if (!made.phrase) return;
    const { params, startAt, yieldsAt } = made.phrase;
    const before = phrases.at(-1);
    if (before && yieldsAt !== undefined) phrases[phrases.length - 1] = { ...before, yieldsAt };
    phrases.push({ title: tellsOf(activities)[0]?.title ?? '', score: compose(params), params, startAt });
    soundsUntil = startAt + params.duration * 1000;
  };

  for (let next = 0; ; ) {
    const comes = happenings[next]?.at ?? Number.POSITIVE_INFINITY;
    const isOver = next === happenings.length;
    // A room waits up to half an hour for more of a flood. When nothing more comes, what it holds ends the piece.
    const due = isOver && gathered?.due !== undefined ? Math.min(gathered.due, last + longestPauseMs) : gathered?.due;
    const decided = burst.length > 0 ? Math.max(first, soundsUntil - headStartMs) : Number.POSITIVE_INFINITY;
    const acts = Math.min(comes, due ?? Number.POSITIVE_INFINITY, decided);
    const now = Math.min(acts, bedDue);
    if (acts === Number.POSITIVE_INFINITY && now > soundsUntil) break;
    const at = isOver && now === due ? Math.max(now, gathered?.due ?? now) : now;
    const { state, ready } = gather(gathered, now === comes ? happenings[next++]?.activity : undefined, at);
    gathered = state;
    for (const activities of ready) {
      const moment = { at: now + shortestLeadMs, soundsUntil };
      if (mayInterrupt(room, activities, moment)) sound(activities, now);
      else burst = [...burst, ...activities];
    }
    if (burst.length > 0 && soundsUntil - headStartMs <= now) {
      sound(burst, now);
      burst = [];
    }
    const bed = bedOf(room, now);
    if (beds.at(-1)?.bed.id !== bed.id) beds.push({ bed, from: Math.max(now, bed.startAt) });
    if (now >= bedDue) bedDue = now + bedEveryMs;
  }
  return { phrases, beds };
}
