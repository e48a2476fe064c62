import type { AudioBufferLike, Sha256 } from '@bnc/contracts';
import { createClient, RESP_TYPES } from '@redis/client';
import { type ClipStore, packClip, unpackClip } from './clip-store.ts';

/** Time that a clip is there for the other servers; who comes later renders it again. */
const keepSeconds = 600;

const connectTo = (url: string) => createClient({ url, disableOfflineQueue: true });

/** Clips in Redis, so that what one server has rendered every server can play. */
export class RedisClips implements ClipStore {
  readonly #client: ReturnType<typeof connectTo>;
  readonly #prefix: string;

  private constructor(client: ReturnType<typeof connectTo>, prefix: string) {
    this.#client = client;
    this.#prefix = prefix;
  }

  /** Connects; lost connections come back by themselves, and meanwhile every call fails at once. */
  static async open(
    url: string,
    { prefix = 'bnc', onError }: { prefix?: string; onError(error: unknown): void },
  ): Promise<RedisClips> {
    const client = connectTo(url);
    client.on('error', onError);
    await client.connect();
    return new RedisClips(client, prefix);
  }

  async get(key: Sha256): Promise<AudioBufferLike | undefined> {
    const bytes = await this.#client
      .withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
      .get(this.#name(key))
      .catch(() => null);
    return bytes === null ? undefined : unpackClip(bytes);
  }

  async put(key: Sha256, clip: AudioBufferLike): Promise<void> {
    await this.#client.set(this.#name(key), packClip(clip), { expiration: { type: 'EX', value: keepSeconds } });
  }

  /** Ends the connection. */
  close(): void {
    this.#client.destroy();
  }

  #name(key: Sha256): string {
    return `${this.#prefix}:clip:${key}`;
  }
}
