import type { NormalRange, Seconds } from '@bnc/contracts';

/** Time in s over which one bed takes over from another. */
export const bedFadeSeconds: Seconds = 4;

/**
 * Returns the level of a bed that comes, at a share of the crossfade: 0 at its beginning, 1 from its end on. The bed that goes has
 * the level of `1 - share`. The two together are as loud as each alone: their notes differ, so that their powers add up.
 */
export function bedFade(share: number): NormalRange {
  return Math.sin((Math.min(1, Math.max(0, share)) * Math.PI) / 2);
}
