import type { MusicGenerated, StreamData, StreamMessageOf } from '@bnc/contracts';

/** Puts data into the envelope that every message of a stream has. */
export const message = <Type extends keyof StreamData>(type: Type, data: StreamData[Type]): StreamMessageOf<Type> =>
  ({ type, timestamp: Date.now(), data }) as StreamMessageOf<Type>;

/** Writes the message of a phrase without parsing the text of its buffer, which may be megabytes. */
export const phraseMessage = (phrase: MusicGenerated, startAt: number, buffer: Uint8Array): Buffer => {
  const data: Omit<StreamData['audio_buffer'], 'buffer'> = {
    params: phrase.musicalParams,
    repoId: phrase.repoId,
    startAt,
    activity: phrase.activity,
    reasons: phrase.reasons,
    speaksFor: phrase.deliveryIds.length,
  };
  return Buffer.concat([
    Buffer.from(`{"type":"audio_buffer","timestamp":${Date.now()},"data":{"buffer":`),
    buffer,
    Buffer.from(`,${JSON.stringify(data).slice(1)}}`),
  ]);
};
