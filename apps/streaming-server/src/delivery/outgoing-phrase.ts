import type { EpochMs } from '@bnc/contracts';
import type { MusicGenerated } from '../rooms/events.ts';

/** A phrase on its way to the listeners of a room. */
export interface OutgoingPhrase {
  /** Id of its message: that of the event that brought its sound, the same on every server and after a restart. */
  readonly id: string;
  readonly phrase: MusicGenerated;
  readonly startAt: EpochMs;
  /**
   * Makes its message for a variant, once the sound is ready. Returns undefined if the phrase is too old to be heard.
   */
  messageFor(variant: string): Promise<Uint8Array | undefined> | undefined;
}
