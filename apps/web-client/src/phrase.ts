import type { EpochMs, StreamMessageOf } from '@bnc/contracts';

/** A phrase as the stream brings it. */
export type Phrase = StreamMessageOf<'audio_buffer'>['data'];

/**
 * A phrase that the page knows: from the stream, or from what the server has kept, which may come without its sound.
 */
export interface KnownPhrase extends Omit<Phrase, 'buffer' | 'phraseId'> {
  readonly phraseId: string;
  readonly buffer?: Phrase['buffer'];
  /** When it ends, by the server's clock: earlier than its length says if it has yielded to bad news. */
  readonly endsAt: EpochMs;
}

/** Makes a phrase of the stream or the history one that the page knows. */
export function knownOf(phrase: Omit<Phrase, 'buffer'> & Pick<KnownPhrase, 'buffer'>): KnownPhrase {
  const { phraseId = `${phrase.repoId}@${phrase.startAt}`, startAt, params } = phrase;
  return { ...phrase, phraseId, endsAt: startAt + params.duration * 1000 };
}
