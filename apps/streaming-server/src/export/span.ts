import type { AudioBufferLike, EpochMs, MusicalParameters, Score } from '@bnc/contracts';
import type { KeptPhrase } from '../rooms/tables.ts';
import { type Part, sampleRate } from './mixdown.ts';

/** Time in ms in which a phrase that yields to another fades out, as it does for listeners. */
const yieldMs = 80;

/** Renders music and returns its channels; no channels for what is left out. */
export type RenderPart = (input: MusicalParameters | Score) => Promise<readonly Float32Array[]>;

/** A phrase that was heard, in its place. */
export interface Heard {
  readonly params: MusicalParameters;
  readonly startAt: EpochMs;
  /** When it yielded to another phrase. */
  readonly endsAt?: EpochMs;
}

/** Returns phrases in the order in which they began, each with its end where another one interrupted it. */
export function heardIn(kept: readonly KeptPhrase[]): readonly (Heard & { readonly phraseId: string })[] {
  const started = kept
    .flatMap(({ phrase, startAt }) => (startAt === undefined ? [] : [{ phrase, startAt }]))
    .toSorted((one, other) => one.startAt - other.startAt);
  return started.map(({ phrase, startAt }, place) => {
    const endOfMusic = startAt + phrase.musicalParams.duration * 1000;
    // One that starts before the one before it has ended interrupts it; one that is marked ends its tail too.
    const interrupting = started
      .slice(place + 1)
      .find((other) => other.phrase.interrupts === true || other.startAt < endOfMusic - 1);
    return {
      phraseId: phrase.phraseId,
      params: phrase.musicalParams,
      startAt,
      ...(interrupting && { endsAt: interrupting.startAt }),
    };
  });
}

/** Makes the part of a phrase in a piece that begins at a moment. */
export function partOf({ params, startAt, endsAt }: Heard, from: EpochMs, render: RenderPart): Part {
  return {
    at: frameOf(startAt - from),
    ...(endsAt !== undefined && { fadeOut: { at: frameOf(endsAt - from), frames: frameOf(yieldMs) } }),
    render: () => render(params),
  };
}

/** Returns the channels of a buffer. */
export function channelsOf(buffer: AudioBufferLike): readonly Float32Array[] {
  return Array.from({ length: buffer.numberOfChannels }, (_, channel) => buffer.getChannelData(channel));
}

/** Returns the frame of a time in ms. */
export function frameOf(ms: number): number {
  return Math.round((ms * sampleRate) / 1000);
}
