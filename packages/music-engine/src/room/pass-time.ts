import type { EpochMs } from '@bnc/contracts';
import { runClock, tempoOf } from './clock.ts';
import { workAt } from './pace.ts';
import { tempoBandOf } from './settings.ts';
import type { RoomState } from './state.ts';

/** Lets time pass: the clock runs on, and its tempo goes towards the pace. */
export function passTime(room: RoomState, at: EpochMs): RoomState {
  const { clock, work, settings } = room;
  if (!clock) return room;
  const band = tempoBandOf(settings);
  return { ...room, clock: runClock(clock, at, (moment) => tempoOf(workAt(work, moment), band)) };
}
