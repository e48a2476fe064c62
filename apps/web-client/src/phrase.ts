import type { EpochMs, StreamMessageOf } from '@bnc/contracts';

/** A phrase as the stream brings it. */
export type Phrase = StreamMessageOf<'audio_buffer'>['data'];

/** A phrase that the page knows of: from the stream, or from what the server has kept, which comes without its sound. */
export interface KnownPhrase extends Omit<Phrase, 'buffer' | 'phraseId'> {
  readonly phraseId: string;
  readonly buffer?: Phrase['buffer'];
  /** When it ends, by the server's clock: earlier than its length says where it has yielded to bad news. */
  readonly endsAt: EpochMs;
}

/** Makes a phrase one that the page knows of. */
export function knownOf(phrase: Omit<Phrase, 'buffer'> & Pick<KnownPhrase, 'buffer'>): KnownPhrase {
  const { phraseId = `${phrase.repoId}@${phrase.startAt}`, startAt, params } = phrase;
  return { ...phrase, phraseId, endsAt: startAt + params.duration * 1000 };
}
