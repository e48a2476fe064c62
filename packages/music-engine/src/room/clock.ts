import type { Bpm, EpochMs } from '@bnc/contracts';
import { clamp } from '../numbers.ts';

/** The running beat of a room: cycles of 16 bars of four beats, one after the other without end. */
export interface Clock {
  /** A moment at which a cycle begins. */
  readonly line: EpochMs;
  /** Tempo from there on; whole. */
  readonly tempo: Bpm;
}

/** Bars of a cycle. */
export const cycleBars = 16;

const cycleBeats = cycleBars * 4;
/** Most that the tempo changes from one cycle to the next. */
const maxStep: Bpm = 2;

/** Chooses the tempo of a pace, within a band: 66 BPM without commits, 7 more with each doubling. */
export function tempoOf(commitsPerHour: number, [slowest, fastest]: readonly [Bpm, Bpm]): Bpm {
  return clamp(Math.round(66 + 7 * Math.log2(1 + Math.max(0, commitsPerHour))), slowest, fastest);
}

/**
 * Lets a clock run until a moment: at each line of a cycle, the tempo goes towards that of the pace, by 2 BPM at most.
 * @param tempoAt - the tempo that belongs to the pace at a moment
 */
export function runClock(clock: Clock, at: EpochMs, tempoAt: (line: EpochMs) => Bpm): Clock {
  let { line, tempo } = clock;
  let steady = 0;
  for (;;) {
    const next = line + cycleMs(tempo);
    if (next > at) return { line, tempo };
    const wanted = tempoAt(next);
    const change = clamp(wanted - tempo, -maxStep, maxStep);
    steady = change === 0 ? steady + 1 : 0;
    line = next;
    tempo += change;
    // The pace only falls while nothing happens: a tempo that stands has reached its end, and cycles pass alike.
    if (steady > 1 && wanted === tempoAt(at)) line += Math.floor((at - line) / cycleMs(tempo)) * cycleMs(tempo);
  }
}

/** Length of a sixteenth. */
export function sixteenthMs(tempo: Bpm): number {
  return 15_000 / tempo;
}

/** Length of a cycle. */
export function cycleMs(tempo: Bpm): number {
  return (cycleBeats * 60_000) / tempo;
}

/** Returns the first sixteenth of a clock that is not before a moment, counted from the line of the cycle. */
export function sixteenthAt({ line, tempo }: Clock, at: EpochMs): number {
  // Half a millisecond is the error of a start that was rounded.
  return Math.ceil((at - 0.5 - line) / sixteenthMs(tempo));
}

/** Returns the moment of a sixteenth. */
export function momentOf({ line, tempo }: Clock, sixteenth: number): EpochMs {
  return line + sixteenth * sixteenthMs(tempo);
}
