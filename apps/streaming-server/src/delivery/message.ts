import type { StreamData, StreamMessageOf } from '@bnc/contracts';
import { tellsOfPhrase } from '../rooms/compose-phrase.ts';
import type { MusicGenerated } from '../rooms/events.ts';

/** Puts data into the envelope that every message of a stream has. */
export function message<Type extends keyof StreamData>(type: Type, data: StreamData[Type]): StreamMessageOf<Type> {
  return { type, timestamp: Date.now(), data } as StreamMessageOf<Type>;
}

/** Writes the message of a phrase without parsing the text of its buffer, which may be megabytes. */
export function phraseMessage(phrase: MusicGenerated, startAt: number, buffer: Uint8Array): Buffer {
  const tells = tellsOfPhrase(phrase);
  const data: Omit<StreamData['audio_buffer'], 'buffer'> = {
    phraseId: phrase.phraseId,
    params: phrase.musicalParams,
    repoId: phrase.repoId,
    startAt,
    activity: phrase.activity,
    ...(tells && { tells }),
    reasons: phrase.reasons,
    speaksFor: phrase.deliveryIds.length,
  };
  return Buffer.concat([
    Buffer.from(`{"type":"audio_buffer","timestamp":${Date.now()},"data":{"buffer":`),
    buffer,
    Buffer.from(`,${JSON.stringify(data).slice(1)}}`),
  ]);
}

/** Writes the message that brings links to a phrase whose score has been sent. */
export function clipMessage({ phraseId }: MusicGenerated, buffer: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(`{"type":"clip","timestamp":${Date.now()},"data":{"phraseId":${JSON.stringify(phraseId)},"buffer":`),
    buffer,
    Buffer.from('}}'),
  ]);
}

/** What a listener reads when the server closes a stream, by the hub's reason. */
const farewells: Readonly<Record<string, string>> = {
  shutdown: 'The server is stopping. Connect again in a moment.',
  stalled: 'This listener stopped reading. Connect again.',
  stale: 'This listener read nothing for five minutes. Connect again.',
  replaced: 'The same listener connected again: the other stream goes on.',
  private: 'This repository is now private, or no longer heard here.',
  expired: 'The sign-in has ended. Sign in again, or connect again with a new token.',
  moved: 'This repository is heard under another name now. Connect again.',
  gone: 'This room was deleted. Connect to one of its repositories.',
};

/** The last message of a stream that the server closes. */
export function farewell(reason: string): StreamMessageOf<'disconnected'> {
  return message('disconnected', {
    reason: farewells[reason] ?? 'The stream has ended. Connect again.',
    code: `STREAM_${reason.toUpperCase()}`,
  });
}
