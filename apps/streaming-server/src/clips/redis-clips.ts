import { createClient, RESP_TYPES } from '@redis/client';
import { type ClipStore, type ClipStoreStats, isFixed } from './clip-store.ts';

/** Time for which a clip is shared with the other servers; after that, a server that needs it renders it again. */
const keepSeconds = 600;

/** Clips in Redis and on this server's disk, so that every server can play and serve what one server has rendered. */
export class RedisClips implements ClipStore {
  readonly #client: ReturnType<typeof connectTo>;
  readonly #disk: ClipStore;
  readonly #prefix: string;

  private constructor(client: ReturnType<typeof connectTo>, disk: ClipStore, prefix: string) {
    this.#client = client;
    this.#disk = disk;
    this.#prefix = prefix;
  }

  /** Connects; the client reopens a lost connection, and until then the disk is used alone. */
  static async open(
    url: string,
    { disk, prefix = 'bnc', onError }: { disk: ClipStore; prefix?: string; onError(error: unknown): void },
  ): Promise<RedisClips> {
    const client = connectTo(url);
    client.on('error', onError);
    await client.connect();
    return new RedisClips(client, disk, prefix);
  }

  async get(name: string): Promise<Buffer | undefined> {
    const own = await this.#disk.get(name);
    if (own && isFixed(name)) return own;
    const shared = await this.#client
      .withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
      .get(this.#key(name))
      .catch(() => null);
    if (shared === null) return own;
    // What the disk cannot keep can still be played.
    if (!own?.equals(shared)) await this.#disk.put(name, shared).catch(() => {});
    return shared;
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const expiration = { type: 'EX', value: keepSeconds } as const;
    await Promise.all([
      this.#client.set(this.#key(name), Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), { expiration }),
      this.#disk.put(name, bytes),
    ]);
  }

  async locate(name: string): Promise<string | undefined> {
    return (await this.#disk.locate(name)) ?? ((await this.get(name)) && this.#disk.locate(name));
  }

  async delete(name: string): Promise<void> {
    await Promise.all([this.#client.unlink(this.#key(name)), this.#disk.delete(name)]);
  }

  stats(): ClipStoreStats {
    return this.#disk.stats();
  }

  /** Ends the connection. */
  close(): void {
    this.#client.destroy();
  }

  #key(name: string): string {
    return `${this.#prefix}:clip:${name}`;
  }
}

function connectTo(url: string) {
  return createClient({ url, disableOfflineQueue: true });
}
