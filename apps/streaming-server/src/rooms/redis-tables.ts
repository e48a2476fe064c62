import type { RoomSettings } from '@bnc/music-engine';
import { createClient, defineScript } from '@redis/client';
import { placeOf } from './event-order.ts';
import { lower } from './names.ts';
import {
  type KeptPhrase,
  keptPhrase,
  type Learned,
  type MergedRoom,
  type PhraseSpan,
  type PhraseStart,
  type Repository,
  type RepositoryNews,
  type Tables,
} from './tables.ts';

/** Most old phrases that are deleted from a room's history when a new one comes. */
const maxSwept = 100;

/**
 * KEYS repositories names private known; ARGV number, name, its lower case, private, occurredAt, former name in lower
 * case and as it was, or '', removed → closed, from.
 */
const learn = `
local number, name, room, private, at, former = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1', tonumber(ARGV[5]), ARGV[6]
local known = redis.call('HGET', KEYS[1], number)
local before = known and cjson.decode(known)
local isOld = before and before.occurredAt > at
if isOld and former == '' then return {0, ''} end
local wasPrivate = before and before.isPrivate or false
local holder = redis.call('HGET', KEYS[2], room)
local isPrivate = private
if isOld then isPrivate = wasPrivate end
local wasRemoved = before and before.isRemoved or false
local isRemoved = ARGV[8] == '1'
local stored = isRemoved
if isOld then stored = wasRemoved end
local occurredAt = math.max(at, before and before.occurredAt or 0)
redis.call('HSET', KEYS[1], number, cjson.encode({repoId = name, isPrivate = isPrivate, occurredAt = occurredAt, isRemoved = stored or nil}))
local old = before and string.lower(before.repoId)
-- Another repository may have its old name already.
if old and old ~= room and redis.call('HGET', KEYS[2], old) == number then
  redis.call('ZREM', KEYS[3], old)
  redis.call('ZREM', KEYS[4], old)
end
redis.call('ZADD', KEYS[4], 0, room)
if isPrivate then redis.call('ZADD', KEYS[3], 0, room) else redis.call('ZREM', KEYS[3], room) end
if holder ~= number then redis.call('HSET', KEYS[2], room, number) end
if former ~= '' then redis.call('HSETNX', KEYS[2], former, number) end
local from = before and before.repoId or ARGV[7]
if from == '' or string.lower(from) == room or redis.call('HGET', KEYS[2], string.lower(from)) ~= number then from = '' end
local isClosed = not isOld and ((private and (not wasPrivate or holder ~= number)) or (isRemoved and not wasRemoved))
return {isClosed and 1 or 0, from}
`;

/** KEYS order, phrases; ARGV phraseId, at, phrase, oldest, seconds to live. */
const keep = `
if redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[3]) == 0 then return 0 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
local old = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[4], 'LIMIT', 0, ${maxSwept})
for _, id in ipairs(old) do
  redis.call('ZREM', KEYS[1], id)
  redis.call('HDEL', KEYS[2], id, id .. ' sound')
end
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[5])
return 1
`;

/**
 * Tables in Redis, which several servers share. Most calls are one or two commands; calls for a list are one or two
 * each.
 */
export class RedisTables implements Tables {
  readonly #client: ReturnType<typeof connectTo>;
  readonly #prefix: string;
  readonly #keepMs: number;

  private constructor(client: ReturnType<typeof connectTo>, keepMs: number, prefix: string) {
    this.#client = client;
    this.#keepMs = keepMs;
    this.#prefix = `{${prefix}}:`;
  }

  /** Connects; the client reopens a lost connection. */
  static async open(
    url: string,
    { keepMs, prefix = 'bnc', onError }: { keepMs: number; prefix?: string; onError(error: unknown): void },
  ): Promise<RedisTables> {
    const client = connectTo(url);
    client.on('error', onError);
    await client.connect();
    return new RedisTables(client, keepMs, prefix);
  }

  async learn(news: RepositoryNews): Promise<Learned> {
    const { repoId, repositoryId, isPrivate, occurredAt, previousRepoId = '', isRemoved = false } = news;
    const answer = await this.#client.learn(
      ['repositories', 'names', 'private', 'known'].map((name) => this.#key(name)),
      [
        String(repositoryId),
        repoId,
        lower(repoId),
        isPrivate ? '1' : '0',
        String(occurredAt),
        lower(previousRepoId),
        previousRepoId,
        isRemoved ? '1' : '0',
      ],
    );
    const [isClosed, movedFrom] = answer as readonly [number, string];
    return { isClosed: isClosed === 1, ...(movedFrom !== '' && { movedFrom }) };
  }

  async repository(repositoryId: number): Promise<Repository | undefined> {
    const text = await this.#client.hGet(this.#key('repositories'), String(repositoryId));
    return text === null ? undefined : { ...(JSON.parse(text) as Omit<Repository, 'repositoryId'>), repositoryId };
  }

  async named(name: string): Promise<Repository | undefined> {
    const number = await this.#client.hGet(this.#key('names'), name);
    return number === null ? undefined : this.repository(Number(number));
  }

  async repositories({ limit, after }: { limit: number; after?: string }): Promise<readonly Repository[]> {
    const from = after === undefined ? '-' : `(${after}`;
    const LIMIT = { offset: 0, count: limit };
    const names = await this.#client.zRange(this.#key('known'), from, '+', { BY: 'LEX', LIMIT });
    const known = await Promise.all(names.map((name) => this.named(name)));
    return known.filter((one) => one !== undefined);
  }

  /** Reads all names of all repositories, which is for rare occasions only. */
  async namesOf(repositoryId: number): Promise<readonly string[]> {
    const number = String(repositoryId);
    const found: string[] = [];
    for await (const page of this.#client.hScanIterator(this.#key('names'), { COUNT: 1000 })) {
      for (const { field, value } of page) if (value === number) found.push(field);
    }
    return found;
  }

  async privateNumbers(names: readonly string[]): Promise<readonly number[]> {
    const key = this.#key('private');
    const found = await Promise.all(names.map((name) => this.#client.zRange(key, ...rangeOf(name), { BY: 'LEX' })));
    const rooms = found.flat();
    if (rooms.length === 0) return [];
    const numbers = await this.#client.hmGet(this.#key('names'), rooms);
    return [...new Set(numbers.filter((number) => number !== null).map(Number))];
  }

  async isAnyKnown(names: readonly string[]): Promise<boolean> {
    const key = this.#key('known');
    const found = await Promise.all(names.map((name) => this.#client.zLexCount(key, ...rangeOf(name))));
    return found.some((count) => count > 0);
  }

  async keep(key: string, { eventId, phrase }: Pick<KeptPhrase, 'eventId' | 'phrase'>): Promise<void> {
    await this.#client.keep(this.#room(key), [
      phrase.phraseId,
      String(phrase.receivedAt + (placeOf(eventId) % 1000) / 1000),
      JSON.stringify({ eventId, phrase }),
      String(Date.now() - this.#keepMs),
      String(Math.ceil(this.#keepMs / 1000)),
    ]);
  }

  async start(key: string, phraseId: string, sound: { messageId: string; startAt: number }): Promise<void> {
    await this.#client.hSet(this.#room(key)[1], `${phraseId} sound`, JSON.stringify(sound));
  }

  async phrases(key: string, { limit, before }: { limit: number; before?: string }): Promise<readonly KeptPhrase[]> {
    const [order, phrases] = this.#room(key);
    const rank = before === undefined ? -1 : ((await this.#client.zRevRank(order, before)) ?? Number.POSITIVE_INFINITY);
    if (!Number.isFinite(rank)) return [];
    return this.#read(phrases, await this.#client.zRange(order, rank + 1, rank + limit, { REV: true }));
  }

  async phrasesBetween(key: string, { from, to, limit }: PhraseSpan): Promise<readonly KeptPhrase[]> {
    const [order, phrases] = this.#room(key);
    const LIMIT = { offset: 0, count: limit };
    // A score is the time, and less than a millisecond for the order of phrases of one time.
    return this.#read(phrases, await this.#client.zRange(order, from, `(${to + 1}`, { BY: 'SCORE', LIMIT }));
  }

  async phrase(key: string, phraseId: string): Promise<KeptPhrase | undefined> {
    const [text, sound] = await this.#client.hmGet(this.#room(key)[1], [phraseId, `${phraseId} sound`]);
    return keptOf(text, sound)[0];
  }

  async mergedRooms(): Promise<readonly MergedRoom[]> {
    const rooms = await this.#client.hGetAll(this.#key('merged'));
    return Object.entries(rooms)
      .map(([name, repositories]) => ({ name, repositories: JSON.parse(repositories) as string[] }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  async putMergedRoom({ name, repositories }: MergedRoom): Promise<void> {
    if (repositories.length === 0) await this.#client.hDel(this.#key('merged'), name);
    else await this.#client.hSet(this.#key('merged'), name, JSON.stringify(repositories));
  }

  async settings(key: string): Promise<RoomSettings> {
    const text = await this.#client.hGet(this.#key('settings'), key);
    return text === null ? {} : (JSON.parse(text) as RoomSettings);
  }

  async putSettings(key: string, settings: RoomSettings): Promise<void> {
    await this.#client.hSet(this.#key('settings'), key, JSON.stringify(settings));
  }

  async forget(key: string): Promise<void> {
    await this.#client.unlink([...this.#room(key)]);
    await this.#client.hDel(this.#key('settings'), key);
    const known = /^\d+$/.test(key) ? await this.repository(Number(key)) : undefined;
    if (!known) return;
    // A name that another repository has taken stays, with that repository's privacy.
    const names = await this.namesOf(Number(key));
    await this.#client.hDel(this.#key('repositories'), key);
    if (names.length === 0) return;
    await this.#client.zRem(this.#key('private'), [...names]);
    await this.#client.zRem(this.#key('known'), [...names]);
    await this.#client.hDel(this.#key('names'), [...names]);
  }

  async sharedSecret(made: string): Promise<string> {
    return (await this.#client.set(this.#key('secret'), made, { condition: 'NX', GET: true })) ?? made;
  }

  async isFilled(): Promise<boolean> {
    return (await this.#client.exists(this.#key('filled'))) === 1;
  }

  async setFilled(): Promise<void> {
    await this.#client.set(this.#key('filled'), '1');
  }

  close(): void {
    this.#client.destroy();
  }

  async #read(phrases: string, ids: readonly string[]): Promise<readonly KeptPhrase[]> {
    if (ids.length === 0) return [];
    const texts = await this.#client.hmGet(
      phrases,
      ids.flatMap((id) => [id, `${id} sound`]),
    );
    return ids.flatMap((_, place) => keptOf(texts[place * 2], texts[place * 2 + 1]));
  }

  #key(name: string): string {
    return `${this.#prefix}${name}`;
  }

  #room(key: string): [order: string, phrases: string] {
    return [this.#key(`order:${key}`), this.#key(`phrases:${key}`)];
  }
}

/** The range of a name in a sorted set of names: itself, or all of an owner for `owner/*`. */
function rangeOf(name: string): [min: string, max: string] {
  return name.endsWith('/*') ? [`[${name.slice(0, -1)}`, `(${name.slice(0, -2)}0`] : [`[${name}`, `[${name}`];
}

function keptOf(text: string | null | undefined, start: string | null | undefined): KeptPhrase[] {
  return text
    ? [keptPhrase(JSON.parse(text) as KeptPhrase, start ? (JSON.parse(start) as PhraseStart) : undefined)]
    : [];
}

function script(numberOfKeys: number, text: string) {
  return defineScript({
    SCRIPT: text,
    NUMBER_OF_KEYS: numberOfKeys,
    parseCommand: (parser, keys: readonly string[], values: readonly string[]) => {
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
    scripts: { learn: script(4, learn), keep: script(2, keep) },
  });
}
