import type { EpochMs, GitHubActivity } from '@bnc/contracts';
import { type GatherState, gather, openRoom, type RoomState, type Theme, tellsOf } from '@bnc/music-engine';
import type { Heard } from '../../export/span.ts';
import { shortestLeadMs } from '../../rooms/lead.ts';
import { bedPart, decide, mayInterrupt } from '../../rooms/piece.ts';
import { longestPauseMs } from './schedule.ts';

/** A phrase of a replay. */
export interface PlayedPhrase extends Heard {
  /** What it speaks for, in a line. */
  readonly marker: string;
}

/** Everything that a room plays. */
export interface Played {
  readonly phrases: readonly PlayedPhrase[];
  /** The states of the room that its bed follows, each from its moment on. */
  readonly beds: readonly { readonly room: RoomState; readonly at: EpochMs }[];
}

/** A phrase is decided this long, in ms, before the room falls silent, as in a room with listeners. */
const headStartMs = 700;

/** An activity, and when the room takes it. */
export interface Happening {
  readonly at: EpochMs;
  readonly activity: GitHubActivity;
}

/** Plays happenings, oldest first, as the room of a server does for its listeners, but on its own clock. */
export function play(happenings: readonly Happening[], repositoryId: number, theme?: Theme): Played {
  const phrases: PlayedPhrase[] = [];
  let room: RoomState = openRoom({ repositoryId, settings: { ...(theme && { theme }) } });
  let gathered: GatherState | undefined;
  let burst: readonly GitHubActivity[] = [];
  let soundsUntil = 0;
  const [first, last] = [happenings[0]?.at ?? 0, happenings.at(-1)?.at ?? 0];
  const beds = [{ room: bedPart(room), at: first }];

  const sound = (activities: readonly GitHubActivity[], now: EpochMs): void => {
    const made = decide(room, activities, { at: now + shortestLeadMs, soundsUntil });
    room = made.room;
    beds.push({ room: bedPart(room), at: now });
    if (!made.phrase) return;
    const { params, startAt, yieldsAt } = made.phrase;
    const before = phrases.at(-1);
    if (before && yieldsAt !== undefined) phrases[phrases.length - 1] = { ...before, endsAt: yieldsAt };
    phrases.push({ marker: tellsOf(activities)[0]?.title ?? '', params, startAt });
    soundsUntil = startAt + params.duration * 1000;
  };

  for (let next = 0; ; ) {
    const comes = happenings[next]?.at ?? Number.POSITIVE_INFINITY;
    const isOver = next === happenings.length;
    // A room waits up to half an hour for more of a flood. When nothing more comes, what it holds ends the piece.
    const due = isOver && gathered?.due !== undefined ? Math.min(gathered.due, last + longestPauseMs) : gathered?.due;
    const decided = burst.length > 0 ? Math.max(first, soundsUntil - headStartMs) : Number.POSITIVE_INFINITY;
    const now = Math.min(comes, due ?? Number.POSITIVE_INFINITY, decided);
    if (now === Number.POSITIVE_INFINITY) break;
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
  }
  return { phrases, beds };
}
