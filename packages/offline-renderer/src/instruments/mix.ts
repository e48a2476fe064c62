import type { Seconds } from '@bnc/contracts';
import type { Line } from './line.ts';
import type { KeptRecording } from './recordings.ts';

/** A voice whose notes go into a mix. */
export interface MixedVoice {
  /** Sets the note that plays along the voice's line from now on. */
  set(recording: KeptRecording, time: Seconds, rate: number): void;
  /** Mixes that note, when nothing can take its voice any more. */
  flush(): void;
}

/** All notes of an instrument as one buffer, and one source that plays it. */
export interface Mix {
  /** Adds a voice whose level is a line that no parameter follows. All voices of a mix have one output. */
  addVoice(level: Line, output: AudioNode): MixedVoice;
  /** Plays what has been mixed. */
  start(): void;
}
