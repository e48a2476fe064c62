import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '@bnc/testing/redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Access } from './access.ts';
import type { MusicGenerated } from './events.ts';
import { MergedRooms, readMergedRooms } from './merged-rooms.ts';
import { RedisTables } from './redis-tables.ts';
import { SqliteTables } from './sqlite-tables.ts';
import type { RepositoryNews, Tables } from './tables.ts';

const keepMs = 86_400_000;
let redis: Awaited<ReturnType<typeof startRedis>>;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

let count = 0;
const makers: readonly (readonly [string, () => Promise<Tables>])[] = [
  ['in SQLite', async () => new SqliteTables(':memory:', { keepMs })],
  [
    'in Redis',
    () => {
      const prefix = `t${++count}`;
      return RedisTables.open(redis.url, { keepMs, prefix, onError: () => {} });
    },
  ],
];

function news(isPrivate: boolean, occurredAt: number, repoId = 'Owner/Repo', repositoryId = 7): RepositoryNews {
  return { repoId, repositoryId, isPrivate, occurredAt };
}

function phraseOf(phraseId: string, receivedAt = Date.now()): MusicGenerated {
  return {
    phraseId,
    repoId: 'owner/repo',
    repositoryId: 7,
    receivedAt,
    deliveryIds: [phraseId],
  } as unknown as MusicGenerated;
}

describe.each(makers)('what lasts %s', (_, make) => {
  let tables: Tables;
  beforeEach(async () => {
    tables = await make();
  });
  afterEach(() => tables.close());
  const accessWith = (defaultAccess: 'public' | 'deny', rooms = '', alwaysPublic: readonly string[] = []): Access =>
    new Access({ tables, merged: new MergedRooms(readMergedRooms(rooms)), defaultAccess, alwaysPublic });

  test('lists repositories by name, page by page, each under the name that leads to it', async () => {
    expect(await tables.repositories({ limit: 2 })).toEqual([]);
    for (const [place, name] of ['b/one', 'A/two', 'a/Three', 'c/four'].entries()) {
      await tables.learn(news(name === 'A/two', 1, name, place + 1));
    }
    // Another repository takes a name: its former holder has none.
    await tables.learn(news(false, 2, 'c/four', 9));
    const page = async (after?: string): Promise<readonly string[]> =>
      (await tables.repositories({ limit: 2, ...(after !== undefined && { after }) })).map(
        ({ repoId, repositoryId, isPrivate }) => `${repoId} ${repositoryId} ${isPrivate}`,
      );
    expect(await page()).toEqual(['a/Three 3 false', 'A/two 2 true']);
    expect(await page('a/two')).toEqual(['b/one 1 false', 'c/four 9 false']);
    expect(await page('c/four')).toEqual([]);
  });

  describe('access to a repository', () => {
    test("follows the operator's choice while nothing is known of it", async () => {
      expect(await accessWith('public').find('A/b')).toEqual({ channel: 'a/b', name: 'A/b', isPublic: true });
      expect(await accessWith('deny').find('a/b')).toMatchObject({ isPublic: false });
    });

    test('follows what its deliveries say, without regard to case', async () => {
      await tables.learn(news(false, 1));
      const found = { channel: 'owner/repo', key: '7', name: 'Owner/Repo', isPublic: true, needs: [7] };
      expect(await accessWith('deny').find('owner/REPO')).toEqual(found);
    });

    test('ends for strangers as soon as a delivery says private, and says so once', async () => {
      expect(await tables.learn(news(true, 1))).toEqual({ isClosed: true });
      expect(await tables.learn(news(true, 2))).toEqual({ isClosed: false });
      expect(await accessWith('public').find('owner/repo')).toMatchObject({ isPublic: false });
    });

    test('is not given back by a delivery that is older than the one that took it', async () => {
      const access = accessWith('public');
      await tables.learn(news(true, 10));
      await tables.learn(news(false, 5));
      expect(await access.find('owner/repo')).toMatchObject({ isPublic: false });
      await tables.learn(news(false, 11));
      expect(await access.find('owner/repo')).toMatchObject({ isPublic: true });
    });

    test('ends for everyone with a token too when the repository is gone, until newer news of it comes', async () => {
      const access = accessWith('public');
      for (const isPrivate of [false, true]) {
        const at = isPrivate ? 10 : 1;
        await tables.learn(news(isPrivate, at));
        expect((await access.find('owner/repo')).needs).toEqual([7]);
        expect(await tables.learn({ ...news(isPrivate, at + 1), isRemoved: true })).toEqual({ isClosed: true });
        expect(await tables.learn({ ...news(isPrivate, at + 2), isRemoved: true })).toEqual({ isClosed: false });
        // A delivery that was on its way is older.
        await tables.learn(news(isPrivate, at));
        expect(await access.find('owner/repo')).toMatchObject({ isPublic: false, needs: undefined });
        await tables.learn(news(isPrivate, at + 3));
        expect(await access.find('owner/repo')).toMatchObject({ isPublic: !isPrivate, needs: [7] });
      }
    });

    test('follows a repository through all its names, until another one takes a name', async () => {
      const access = accessWith('deny');
      await tables.learn(news(false, 1, 'choir/old'));
      expect(await tables.learn(news(false, 2, 'choir/new'))).toEqual({ isClosed: false, movedFrom: 'choir/old' });
      expect(await tables.learn(news(false, 3, 'band/newest'))).toEqual({ isClosed: false, movedFrom: 'choir/new' });
      expect(await access.find('Choir/OLD')).toMatchObject({ name: 'band/newest', isPublic: true });
      expect(await access.findOfClip({ repoId: 'choir/old', repositoryId: 7 })).toMatchObject({ isPublic: true });
      expect((await tables.namesOf(7)).toSorted()).toEqual(['band/newest', 'choir/new', 'choir/old']);
      expect(await tables.learn(news(true, 4, 'choir/old', 8))).toEqual({ isClosed: true });
      expect(await access.find('choir/old')).toMatchObject({ name: 'choir/old', key: '8', isPublic: false });
      expect(await access.findOfClip({ repoId: 'choir/old', repositoryId: 7 })).toBeUndefined();
      expect(await access.find('choir/new')).toMatchObject({ name: 'band/newest' });
    });

    test('moves with news of a new name whatever its clock says, and not with a late delivery under the old one', async () => {
      await tables.learn(news(false, 10, 'choir/old'));
      const moved = { ...news(false, 5, 'choir/new'), previousRepoId: 'choir/old' };
      expect(await tables.learn(moved)).toEqual({ isClosed: false, movedFrom: 'choir/old' });
      expect(await tables.learn(news(false, 9, 'choir/old'))).toEqual({ isClosed: false });
      expect(await accessWith('deny').find('choir/old')).toMatchObject({ name: 'choir/new' });
    });

    test('is found under an old name that only the news of the new one has told', async () => {
      const moved = { ...news(false, 5, 'Choir/New'), previousRepoId: 'Choir/Old' };
      expect(await tables.learn(moved)).toEqual({ isClosed: false, movedFrom: 'Choir/Old' });
      expect(await accessWith('deny').find('choir/old')).toMatchObject({ name: 'Choir/New' });
    });

    test('does not open a private repository to those who know its old name', async () => {
      await tables.learn(news(true, 1, 'choir/old'));
      await tables.learn(news(true, 2, 'choir/new'));
      expect(await accessWith('public').find('choir/old')).toMatchObject({ isPublic: false });
    });

    test('is always given to the demo room', async () => {
      const access = accessWith('deny', '', ['bots-n-cats/demo']);
      expect(await access.find('Bots-N-Cats/Demo')).toMatchObject({ isPublic: true });
    });
  });

  describe('a room of several repositories', () => {
    test('is found under its name and under those of its repositories', async () => {
      const access = accessWith('public', 'team:owner/*,other/repo');
      const team = { channel: 'team', key: 'team', name: 'team', isPublic: true };
      for (const name of ['TEAM', 'owner/anything', 'Other/Repo']) expect(await access.find(name)).toMatchObject(team);
      expect(await access.find('other/else')).toMatchObject({ channel: 'other/else' });
    });

    test('is private while any of them is', async () => {
      const access = accessWith('public', 'team:owner/*,other/repo; solo:owner/repo');
      await tables.learn(news(false, 1, 'owner/a', 1));
      await tables.learn(news(true, 1, 'owner/b', 2));
      expect(await access.find('team')).toMatchObject({ isPublic: false });
      expect(await access.find('solo')).toMatchObject({ isPublic: true });
      // What only begins alike is another owner.
      await tables.learn(news(true, 1, 'owner-two/c', 3));
      await tables.learn(news(true, 1, 'owner/b2', 2));
      await tables.learn(news(false, 2, 'owner/b2', 2));
      expect(await access.find('team')).toMatchObject({ isPublic: true });
      await tables.learn(news(true, 3, 'Other/Repo', 4));
      expect(await access.find('team')).toMatchObject({ isPublic: false });
    });

    test('needs a token that lists every private repository in it', async () => {
      const access = accessWith('public', 'team:owner/*,other/repo');
      await tables.learn(news(true, 1, 'owner/a', 1));
      await tables.learn(news(false, 1, 'owner/b', 2));
      await tables.learn(news(true, 1, 'other/repo', 3));
      const { needs, merges } = await access.find('team');
      expect(needs?.toSorted()).toEqual([1, 3]);
      expect(['owner/a', 'OWNER/new', 'other/repo', 'other/else'].map((name) => merges?.(name))).toEqual([
        true,
        true,
        true,
        false,
      ]);
    });

    test('leaves its clips to nobody when it has ended', async () => {
      const clip = { repoId: 'team', repositoryId: 0 };
      expect(await accessWith('public', 'team:owner/*').findOfClip(clip)).toMatchObject({ isPublic: true });
      expect(await accessWith('public').findOfClip(clip)).toBeUndefined();
    });

    test('is closed where what is unknown is closed, until one of them has been heard', async () => {
      const access = accessWith('deny', 'team:owner/*');
      expect(await access.find('team')).toMatchObject({ isPublic: false });
      await tables.learn(news(false, 1));
      expect(await access.find('team')).toMatchObject({ isPublic: true });
    });

    test('lasts when the operator has made it, and goes when they say so', async () => {
      const merged = new MergedRooms();
      await tables.putMergedRoom({ name: 'team', repositories: ['owner/*'] });
      await merged.load(tables);
      expect(merged.of('Owner/Repo')).toBe('team');
      await tables.putMergedRoom({ name: 'team', repositories: [] });
      await merged.load(tables);
      expect(merged.of('Owner/Repo')).toBeUndefined();
    });
  });

  describe('history', () => {
    test('has the phrases of a room, newest first and page by page, with the start of those that sounded', async () => {
      const now = Date.now();
      for (let index = 0; index < 5; index++) {
        await tables.keep('7', { eventId: `e-${index}`, phrase: phraseOf(`p${index}`, now + index) });
      }
      await tables.keep('8', { eventId: 'e-9', phrase: phraseOf('other') });
      await tables.start('7', 'p3', { messageId: 'e-7', startAt: 123 });
      const page = await tables.phrases('7', { limit: 3 });
      expect(page.map(({ phrase: { phraseId } }) => phraseId)).toEqual(['p4', 'p3', 'p2']);
      expect(page[1]).toEqual({ eventId: 'e-3', phrase: phraseOf('p3', now + 3), messageId: 'e-7', startAt: 123 });
      const rest = await tables.phrases('7', { limit: 3, before: 'p2' });
      expect(rest.map(({ phrase: { phraseId } }) => phraseId)).toEqual(['p1', 'p0']);
      expect(await tables.phrases('7', { limit: 3, before: 'nothing' })).toEqual([]);
      expect((await tables.phrase('7', 'p3'))?.startAt).toBe(123);
      expect(await tables.phrase('8', 'p3')).toBeUndefined();
    });

    test('has the phrases of a span, oldest first', async () => {
      for (const [index, at] of [3000, 1000, 2000, 2000, 4000].entries()) {
        const phrase = phraseOf(`p${index}`, Date.now() - 10_000 + at);
        await tables.keep('7', { eventId: `e-${index}`, phrase });
      }
      await tables.keep('8', { eventId: 'e-9', phrase: phraseOf('other', Date.now() - 8000) });
      const all = (await tables.phrases('7', { limit: 5 })).map(({ phrase: { receivedAt } }) => receivedAt);
      const times = all.toSorted((one, other) => one - other);
      const span = { from: times[1] ?? 0, to: times[3] ?? 0 };
      const found = await tables.phrasesBetween('7', { ...span, limit: 10 });
      expect(found.map(({ phrase: { phraseId } }) => phraseId)).toEqual(['p2', 'p3', 'p0']);
      expect(await tables.phrasesBetween('7', { ...span, limit: 2 })).toHaveLength(2);
      expect(await tables.phrasesBetween('9', { ...span, limit: 2 })).toEqual([]);
    });

    test('has a phrase once, however often it is kept', async () => {
      for (let index = 0; index < 3; index++) await tables.keep('7', { eventId: 'e-1', phrase: phraseOf('p1') });
      expect(await tables.phrases('7', { limit: 10 })).toHaveLength(1);
    });

    test('lets go of what is older than it is to be kept', async () => {
      await tables.keep('7', { eventId: 'e-1', phrase: phraseOf('old', Date.now() - keepMs - 1) });
      await tables.keep('7', { eventId: 'e-2', phrase: phraseOf('new') });
      // Some at a time: what comes next takes them along.
      expect((await tables.phrases('7', { limit: 10 })).map(({ phrase: { phraseId } }) => phraseId)).toEqual(['new']);
    });
  });

  test.each(['is heard under another one', 'is forgotten'])(
    'keeps a name private that has gone to a private repository when its former one %s',
    async (way) => {
      await tables.learn(news(true, 1, 'owner/old', 7));
      await tables.learn(news(true, 2, 'owner/old', 8));
      if (way === 'is forgotten') await tables.forget('7');
      else await tables.learn(news(false, 3, 'other/new', 7));
      expect(await tables.privateNumbers(['owner/*'])).toEqual([8]);
      expect(await tables.isAnyKnown(['owner/old'])).toBe(true);
    },
  );

  test('forgets a repository: its names, its privacy and its phrases, and no other', async () => {
    for (const [repoId, repositoryId] of [
      ['owner/repo', 7],
      ['owner/new', 7],
      ['owner/other', 8],
    ] as const) {
      await tables.learn(news(true, 1, repoId, repositoryId));
      await tables.keep(String(repositoryId), { eventId: 'e-1', phrase: phraseOf(`p${repoId}`) });
    }
    await tables.forget('7');
    for (const name of ['owner/repo', 'owner/new']) expect(await tables.named(name)).toBeUndefined();
    expect(await tables.repository(7)).toBeUndefined();
    expect(await tables.phrases('7', { limit: 10 })).toEqual([]);
    expect(await tables.privateNumbers(['owner/new'])).toEqual([]);
    expect(await tables.named('owner/other')).toMatchObject({ repositoryId: 8 });
    expect(await tables.phrases('8', { limit: 10 })).toHaveLength(1);
  });

  test('keep the secret that was there first', async () => {
    expect(await tables.sharedSecret('first')).toBe('first');
    expect(await tables.sharedSecret('second')).toBe('first');
  });

  test('says whether it has been filled from the log of an earlier release', async () => {
    expect(await tables.isFilled()).toBe(false);
    await tables.setFilled();
    expect(await tables.isFilled()).toBe(true);
  });
});

test('tables in SQLite last', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bnc-tables-'));
  const open = (): SqliteTables => new SqliteTables(join(folder, 'rooms.sqlite'), { keepMs });
  const first = open();
  await first.learn(news(true, 1));
  expect(open).toThrow(/locked/);
  first.close();
  const second = open();
  expect(await second.named('owner/repo')).toMatchObject({ isPrivate: true });
  second.close();
  rmSync(folder, { recursive: true });
});
