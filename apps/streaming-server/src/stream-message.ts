import type { StreamData, StreamMessageOf } from '@bnc/contracts';

/** Puts data into the envelope that every message of a stream has. */
export const message = <Type extends keyof StreamData>(type: Type, data: StreamData[Type]): StreamMessageOf<Type> =>
  ({ type, timestamp: Date.now(), data }) as StreamMessageOf<Type>;
