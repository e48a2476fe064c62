import type { Seconds } from '@bnc/contracts';
import type { Line } from './line.ts';
import type { KeptRecording } from './recordings.ts';
import type { Tone, ToneKind } from './tone.ts';

/** A voice of recordings whose notes go into a mix. */
export interface MixedVoice {
  /** Sets the note that plays along the voice's line from now on. */
  set(recording: KeptRecording, time: Seconds, rate: number): void;
  /** Mixes that note, when nothing can take its voice any more. */
  flush(): void;
}

/** A voice of oscillators whose notes go into a mix. */
export interface MixedTone {
  /** Its lines, which no parameter follows. */
  readonly tone: Tone;
  /** Begins the note whose course the lines have from this time on. */
  begin(time: Seconds): void;
  /** Mixes that note, when nothing can take its voice any more. */
  flush(): void;
}

/** All notes of an instrument as one buffer, and one source that plays it. All voices of a mix have one output. */
export interface Mix {
  /** Adds a voice of recordings, whose level is a line that no parameter follows. */
  addVoice(level: Line, output: AudioNode): MixedVoice;
  /** Adds a voice of oscillators, which sounds as `createTone` does. */
  addTone(kind: ToneKind, output: AudioNode): MixedTone;
  /** Plays what has been mixed. */
  start(): void;
}
