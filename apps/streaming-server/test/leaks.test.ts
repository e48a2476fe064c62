import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SessionKeys } from '../src/access/session-keys.ts';
import { Tokens } from '../src/access/tokens.ts';
import { ClipRecords } from '../src/clips/clip-records.ts';
import { DiskClips } from '../src/clips/clip-store.ts';
import type { MusicGenerated } from '../src/rooms/events.ts';
import { SqliteTables } from '../src/rooms/sqlite-tables.ts';
import { doorsWith, sessionSecret } from './listeners.ts';
import { TestServer } from './server.ts';

const people = 5000;
const repositories = 500;

/** When every phrase began. */
const startAt = Date.now() - 60_000;

interface Repository {
  readonly number: number;
  readonly name: string;
  readonly isPublic: boolean;
  readonly isRemoved: boolean;
  readonly clip: string;
}

/** Every way to something of a room. */
const ways: readonly (readonly [method: 'GET' | 'HEAD', path: (repository: Repository) => string])[] = [
  ['HEAD', ({ name }) => `/stream/${name}?format=score`],
  ['HEAD', ({ name }) => `/stream?repo=${name}&format=flac`],
  ['GET', ({ name }) => `/repos/${name}/history`],
  ['GET', ({ name }) => `/repos/${name.replace('/', '%2F')}/history?scores=on`],
  ['GET', ({ name }) => `/history/${name}`],
  ['GET', ({ name }) => `/repos/${name}/export?from=${startAt - 1000}&to=${startAt + 9000}&format=mid`],
  ['GET', ({ name, number }) => `/repos/${name}/phrases/p-${number}?format=mid`],
  ['GET', ({ name }) => `/health/repo/${name}`],
  ['GET', ({ clip }) => `/clips/${clip}.flac`],
];

/** A generator of numbers below 1 that are the same each time. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

function phraseOf({ number, name, isPublic }: Omit<Repository, 'clip'>): MusicGenerated {
  return {
    phraseId: `p-${number}`,
    repoId: name,
    repositoryId: number,
    isPrivate: !isPublic,
    isHeard: true,
    startAt,
    deliveryIds: ['d'],
    musicalParams: { tempo: 90, scale: ['C4', 'E4', 'G4'], instrumentType: 'synth', duration: 2, bars: 1 },
    activity: {
      title: `secret of ${number}`,
      url: 'https://github.com',
      actor: 'a',
      event: 'push',
      emotion: 'activity',
    },
    reasons: [],
    receivedAt: startAt - 500,
  };
}

describe(`${people} people and ${repositories} repositories`, { timeout: 120_000 }, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'bnc-leaks-'));
  const all: Repository[] = [];
  let server: TestServer;
  beforeAll(async () => {
    const clips = new DiskClips(join(dataDir, 'clips'));
    const records = new ClipRecords(clips);
    const tables = new SqliteTables(join(dataDir, 'rooms.sqlite'), { keepMs: 86_400_000 });
    for (let number = 1; number <= repositories; number++) {
      const isRemoved = number % 23 === 0;
      const isPublic = number % 7 === 0;
      const name = `owner-${number % 10}/repo-${number}`;
      await tables.learn({ repoId: name, repositoryId: number, isPrivate: !isPublic, occurredAt: 1, isRemoved });
      await tables.keep(String(number), {
        eventId: `e-${number}`,
        phrase: phraseOf({ number, name, isPublic, isRemoved }),
      });
      const bytes = Buffer.from(`sound of ${number}`);
      const clip = createHash('sha256').update(bytes).digest('hex');
      await clips.put(`${clip}.flac`, bytes);
      await records.addRoom(clip, { repoId: name, repositoryId: number });
      all.push({ number, name, isPublic: isPublic && !isRemoved, isRemoved, clip });
    }
    await tables.setFilled();
    tables.close();
    const doors = doorsWith({ rateLimit: 0 });
    server = await TestServer.start({ dataDir, doors, streamDefaultAccess: 'deny' });
  }, 60_000);
  afterAll(async () => {
    await server.close();
    rmSync(dataDir, { recursive: true });
  });

  test('get what their tokens list, by every way, and not one word or sound more', async () => {
    const random = chance(11);
    const pick = (): Repository => all[Math.floor(random() * all.length)] ?? (all[0] as Repository);
    const tokens = new Tokens(new SessionKeys([sessionSecret]));
    const bodies = new Map<number, Set<string>>();
    const seen = { leaks: 0, lockedOut: 0, allowed: 0, refused: 0 };
    for (let user = 0; user < people; user++) {
      const listed = new Set(Array.from({ length: 1 + Math.floor(random() * 50) }, () => pick().number));
      const isStranger = user % 10 === 0;
      const grant = { subject: `user ${user}`, repositories: [...listed], renewableUntil: Date.now() };
      const headers = isStranger ? {} : { authorization: `Bearer ${(await tokens.make(grant)).token}` };
      // Half of the questions are about what the token lists.
      const [one = 0] = listed;
      const repository = user % 2 === 0 ? pick() : (all[one - 1] ?? pick());
      const way = user % ways.length;
      const [method, path] = ways[way] ?? ['GET', () => '/'];
      const { statusCode, body } = await server.app.inject({ method, url: path(repository), headers });
      const { number, isPublic, isRemoved } = repository;
      const may = isPublic || (!isStranger && !isRemoved && listed.has(number));
      if (may) {
        seen.allowed++;
        if (statusCode !== 200) seen.lockedOut++;
      } else {
        seen.refused++;
        if (statusCode !== 404 || body.includes('secret')) seen.leaks++;
        bodies.set(way, (bodies.get(way) ?? new Set()).add(body));
      }
    }
    expect(seen).toMatchObject({ leaks: 0, lockedOut: 0 });
    expect(Math.min(seen.allowed, seen.refused)).toBeGreaterThan(people / 10);
    // What is refused looks the same, whatever it is.
    expect(bodies.size).toBe(ways.length);
    for (const [way, texts] of bodies) expect(texts.size, String(way)).toBe(1);
  });

  test('find no name, listener or clip of a private repository in what everyone may read', async () => {
    for (const url of ['/health', '/openapi.json', '/session', '/time']) {
      const { statusCode, body } = await server.app.inject({ url });
      expect([url, statusCode]).toEqual([url, 200]);
      for (const { name, isPublic } of all) if (!isPublic) expect(body).not.toContain(`"${name}"`);
    }
  });
});
