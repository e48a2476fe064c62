import type { NormalRange, Seconds } from '@bnc/contracts';

/** Time in seconds over which one bed takes over from another. */
export const bedFadeSeconds: Seconds = 4;

/**
 * Returns the gain of the incoming bed, 0-1, at a share of the crossfade: 0 is its beginning, 1 its end; other shares
 * are clamped. The outgoing bed has the gain of `1 - share`. Both together are as loud as each alone: their notes
 * differ, so their powers add up.
 */
export function bedFade(share: number): NormalRange {
  return Math.sin((Math.min(1, Math.max(0, share)) * Math.PI) / 2);
}
