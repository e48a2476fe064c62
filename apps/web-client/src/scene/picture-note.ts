import type { MidiNote, NormalRange, Seconds } from '@bnc/contracts';

/** How a note is drawn. */
export type Voice = 'pad' | 'held' | 'lead' | 'bass' | 'dot' | 'drum' | 'cat';

/** A note as it is drawn. */
export interface PictureNote {
  readonly voice: Voice;
  /** From the beginning of its phrase. */
  readonly time: Seconds;
  readonly duration: Seconds;
  readonly midi: MidiNote;
  readonly velocity: NormalRange;
}
