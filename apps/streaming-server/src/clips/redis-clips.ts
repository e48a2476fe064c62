import { createClient, defineScript, RESP_TYPES } from '@redis/client';
import { type ClipStore, type ClipStoreStats, isFixed } from './clip-store.ts';

/** Time in seconds for which a clip is shared with the other servers; after that, a server that needs it renders it. */
const keepSeconds = 600;

/** Most bytes of all clips in Redis by default; the oldest go first. The log and the tables need the rest. */
const maxSharedBytes = 256 * 2 ** 20;

/** Removes a name from the lists of what is there: the order, and the sizes with their sum under `*`. */
const drop = `
local order, sizes = KEYS[1], KEYS[2]
local function drop(name)
  local size = redis.call('HGET', sizes, name)
  if size then redis.call('HINCRBY', sizes, '*', -tonumber(size)) end
  redis.call('HDEL', sizes, name)
  redis.call('ZREM', order, name)
end
`;

/** KEYS order, sizes; ARGV prefix of clips, name, bytes, size, seconds, most bytes. */
const put = `${drop}
local name, size = ARGV[2], tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
for _, old in ipairs(redis.call('ZRANGEBYSCORE', order, '-inf', string.format('%.6f', now))) do drop(old) end
drop(name)
redis.call('SET', ARGV[1] .. name, ARGV[3], 'EX', ARGV[5])
redis.call('ZADD', order, string.format('%.6f', now + ARGV[5]), name)
redis.call('HSET', sizes, name, size)
local sum = redis.call('HINCRBY', sizes, '*', size)
while sum > tonumber(ARGV[6]) do
  local oldest = redis.call('ZRANGE', order, 0, 0)[1]
  redis.call('UNLINK', ARGV[1] .. oldest)
  drop(oldest)
  sum = tonumber(redis.call('HGET', sizes, '*'))
end
`;

/** KEYS order, sizes; ARGV prefix of clips, name. */
const remove = `${drop}
redis.call('UNLINK', ARGV[1] .. ARGV[2])
drop(ARGV[2])
`;

/** Clips in Redis and on this server's disk, so that every server can play and serve what one server has rendered. */
export class RedisClips implements ClipStore {
  readonly #client: ReturnType<typeof connectTo>;
  readonly #disk: ClipStore;
  readonly #prefix: string;
  readonly #maxBytes: number;

  private constructor(client: ReturnType<typeof connectTo>, disk: ClipStore, prefix: string, maxBytes: number) {
    this.#client = client;
    this.#disk = disk;
    this.#prefix = prefix;
    this.#maxBytes = maxBytes;
  }

  /** Connects; the client reopens a lost connection, and until then the disk is used alone. */
  static async open(
    url: string,
    {
      disk,
      prefix = 'bnc',
      maxBytes = maxSharedBytes,
      onError,
    }: { disk: ClipStore; prefix?: string; maxBytes?: number; onError(error: unknown): void },
  ): Promise<RedisClips> {
    const client = connectTo(url);
    client.on('error', onError);
    await client.connect();
    return new RedisClips(client, disk, prefix, maxBytes);
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
    const shared = this.#client.putClip(this.#lists, [
      this.#key(''),
      name,
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      String(bytes.byteLength),
      String(keepSeconds),
      String(this.#maxBytes),
    ]);
    await Promise.all([shared, this.#disk.put(name, bytes)]);
  }

  async locate(name: string): Promise<string | undefined> {
    return (await this.#disk.locate(name)) ?? ((await this.get(name)) && this.#disk.locate(name));
  }

  async delete(name: string): Promise<void> {
    await Promise.all([this.#client.removeClip(this.#lists, [this.#key(''), name]), this.#disk.delete(name)]);
  }

  stats(): ClipStoreStats {
    return this.#disk.stats();
  }

  /** Ends the connection. */
  close(): void {
    this.#client.destroy();
  }

  get #lists(): readonly string[] {
    return [`${this.#prefix}:clips:order`, `${this.#prefix}:clips:sizes`];
  }

  #key(name: string): string {
    return `${this.#prefix}:clip:${name}`;
  }
}

function script(text: string) {
  return defineScript({
    SCRIPT: text,
    NUMBER_OF_KEYS: 2,
    parseCommand: (parser, keys: readonly string[], values: readonly (string | Buffer)[]) => {
      for (const key of keys) parser.pushKey(key);
      parser.push(...values);
    },
    transformReply: (reply: unknown) => reply,
  });
}

function connectTo(url: string) {
  return createClient({
    url,
    disableOfflineQueue: true,
    scripts: { putClip: script(put), removeClip: script(remove) },
  });
}
