import type { EpochMs } from '@bnc/contracts';

/** Time between the decision to play and the sound, so that every browser has the phrase by then; a room may need more. */
export const shortestLeadMs = 150;

/** Longest time between the decision to play and the sound: a listener who needs more enters late. */
export const longestLeadMs = 400;

/** A phrase is composed this long before the room falls silent, which leaves time to render and send it. */
export const headStartMs = 700;

/** Bar lines of one room, in epoch milliseconds. */
export interface Bars {
  /** End of the last phrase that has its start. */
  readonly soundsUntil: EpochMs;
  /** End of the last phrase that is being made, as far as is known. */
  readonly expectedUntil: EpochMs;
}

/** A room that is silent. */
export const silence: Bars = { soundsUntil: 0, expectedUntil: 0 };

/** Returns when the next phrase may be composed: now, or `headStartMs` before the room falls silent. */
export function composeAt({ soundsUntil, expectedUntil }: Bars): EpochMs {
  return Math.max(soundsUntil, expectedUntil) - headStartMs;
}

/** Notes that a phrase of this length is being made: from now on the room counts as sounding. */
export function expectPhrase({ soundsUntil }: Bars, durationMs: number, now: EpochMs): Bars {
  return {
    soundsUntil,
    expectedUntil: Math.max(now + shortestLeadMs, soundsUntil) + durationMs,
  };
}

/** Notes that no phrase is being made any more. */
export function expectNothing({ soundsUntil }: Bars): Bars {
  return { soundsUntil, expectedUntil: 0 };
}

/** Gives a phrase its start: `leadMs` from now in a silent room, otherwise the bar line where the phrase before it ends. */
export function startPhrase(
  bars: Bars,
  durationMs: number,
  now: EpochMs,
  leadMs: number = shortestLeadMs,
): { bars: Bars; startAt: EpochMs } {
  const startAt = Math.round(Math.max(now + leadMs, bars.soundsUntil));
  return { bars: { soundsUntil: startAt + durationMs, expectedUntil: 0 }, startAt };
}
