import type { StreamMessageOf } from '@bnc/contracts';

/** A phrase as the stream brings it. */
export type Phrase = StreamMessageOf<'audio_buffer'>['data'];
