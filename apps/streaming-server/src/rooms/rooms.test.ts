import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { deliveryOf, RoomStage } from '../../test/room-stage.ts';
import { shortestLeadMs } from './lead.ts';
import { readMergedRooms } from './merged-rooms.ts';

const startsAt = 1_764_000_000_000;

function comment(changes = {}) {
  return deliveryOf({ event: 'issue_comment', action: 'created', isBot: true, ...changes });
}

function many(length: number, make = deliveryOf) {
  return Array.from({ length }, () => make());
}

let stage: RoomStage;
beforeEach(() => {
  vi.useFakeTimers({ now: startsAt });
  stage = new RoomStage();
});
afterEach(async () => {
  vi.useRealTimers();
  await stage.close();
});

describe('what happens in a room', () => {
  beforeEach(async () => {
    await stage.server();
    await stage.listen();
  });

  test('does not wait when the room is silent, and sounds within a beat once it has been rendered', async () => {
    await stage.deliver(deliveryOf());
    expect(stage.told).toEqual([1]);
    await stage.pass(stage.renderMs);
    const [sound] = stage.sounds;
    const afterMs = (sound?.startAt ?? 0) - startsAt - stage.renderMs - shortestLeadMs;
    expect(afterMs).toBeGreaterThanOrEqual(0);
    expect(afterMs).toBeLessThanOrEqual(60_000 / (sound?.phrase.musicalParams.tempo ?? 1));
  });

  test('keeps the beat: whatever its clips take, first bar lines are whole beats apart', async () => {
    for (const renderMs of [300, 777, 1234]) {
      stage.renderMs = renderMs;
      await stage.deliver(deliveryOf({ event: 'star', action: 'created', commits: 0 }));
      await stage.pass(20_000);
    }
    const bodies = stage.sounds.map(({ phrase, startAt }) => startAt + (phrase.musicalParams.upbeat ?? 0) * 1000);
    const beats = bodies.map(
      (body) => ((body - (bodies[0] ?? 0)) * (stage.sounds[0]?.phrase.musicalParams.tempo ?? 0)) / 60_000,
    );
    expect(stage.sounds).toHaveLength(3);
    for (const beat of beats) expect(Math.abs(beat - Math.round(beat))).toBeLessThan(0.01);
  });

  test('becomes one phrase while another sounds, composed before that ends, and begins within a beat and a half of its last bar line', async () => {
    await stage.deliver(deliveryOf());
    await stage.deliver(...many(11));
    expect(stage.told).toEqual([1]);
    await stage.pass(30_000);
    expect(stage.told).toEqual([1, 11]);
    const gapMs = (stage.sounds[1]?.startAt ?? 0) - (stage.sounds[0]?.endsAt ?? 0);
    expect(gapMs).toBeGreaterThanOrEqual(-1);
    expect(gapMs).toBeLessThanOrEqual(90_000 / (stage.sounds[0]?.phrase.musicalParams.tempo ?? 1));
  });

  test('is spoken for by at most 500 in one phrase, and none of 1,201 is lost', async () => {
    await stage.deliver(deliveryOf());
    await stage.deliver(...many(1200));
    await stage.pass(300_000);
    expect(stage.told.every((length) => length <= 500)).toBe(true);
    expect(new Set(stage.phrases.flatMap(({ deliveryIds }) => deliveryIds)).size).toBe(1201);
    expect(stage.told.reduce((sum, length) => sum + length, 0)).toBe(1201);
    expect(stage.overlaps).toBe(0);
  });

  test('does not wait for another room that sounds', async () => {
    await stage.listen('owner/other');
    await stage.deliver(...many(500));
    await stage.deliver(deliveryOf({ repositoryId: 2, repoId: 'owner/other' }));
    expect(stage.phrases.at(-1)?.repositoryId).toBe(2);
  });

  test('does not wait where nobody listens, and is not rendered', async () => {
    await stage.following.delete('owner/repo');
    for (let index = 0; index < 3; index++) await stage.deliver(deliveryOf());
    expect(stage.told).toEqual([1, 1, 1]);
    await stage.pass(10_000);
    expect(stage.rendered).toBe(0);
    expect(stage.phrases.every(({ isHeard }) => !isHeard)).toBe(true);
  });

  test('is told once when its sound cannot be made, and sounds when it can', async () => {
    stage.failing = 2;
    await stage.deliver(deliveryOf());
    await stage.pass(30_000);
    expect(stage.told).toEqual([1]);
    expect(stage.sounds).toHaveLength(1);
    expect(stage.failures).toHaveLength(2);
  });

  test('leaves the room free when its sound can never be made', async () => {
    stage.failing = 3;
    await stage.deliver(deliveryOf());
    await stage.pass(30_000);
    expect(await stage.bus.listDeadLetters()).toHaveLength(1);
    await stage.deliver(deliveryOf());
    await stage.pass(1000);
    expect(stage.told).toEqual([1, 1]);
    expect(stage.sounds).toHaveLength(1);
  });

  test('is told once, also when more phrases wait for their sound than the room remembers', async () => {
    stage.failing = Number.POSITIVE_INFINITY;
    const sent = [];
    for (let turn = 0; turn < 8; turn++) {
      const deliveries = many(3);
      sent.push(...deliveries.map(({ deliveryId }) => deliveryId));
      await stage.deliver(...deliveries);
      await stage.pass(2 * stage.renderMs);
    }
    stage.failing = 0;
    await stage.pass(60_000);
    expect(stage.phrases.flatMap(({ deliveryIds }) => deliveryIds).toSorted()).toEqual(sent.toSorted());
  });

  test('sounds where people listen when the repository is renamed while it is rendered', async () => {
    const places: (string | undefined)[] = [];
    stage.bus.subscribe('audio:rendered', ({ key }) => {
      places.push(key);
    });
    await stage.deliver(deliveryOf());
    await stage.tables.learn({ repoId: 'owner/new', repositoryId: 1, isPrivate: false, occurredAt: 1 });
    await stage.pass(stage.renderMs);
    expect(places).toEqual(['owner/new']);
  });

  test('is gathered where it is a wave, and told together when that has ended', async () => {
    await stage.deliver(...many(3, comment));
    await stage.pass(9_900);
    expect(stage.told).toEqual([]);
    await stage.pass(200);
    expect(stage.told).toEqual([3]);
    expect((await stage.bus.stats()).groups.map(({ pending }) => pending)).toEqual([1]);
    await stage.pass(1000);
    expect((await stage.bus.stats()).groups.map(({ pending }) => pending)).toEqual([0]);
  });

  test('does not fill the server with what it holds: the room that holds most tells it', async () => {
    for (let room = 2; room < 12; room++) {
      await stage.deliver(
        ...many(room === 2 ? 450 : 250, () => comment({ repositoryId: room, repoId: `owner/r${room}` })),
      );
    }
    expect(Math.max(...stage.told)).toBe(450);
    expect(stage.phrases.every(({ repositoryId }) => repositoryId <= 4)).toBe(true);
  });
});

describe('a room where nobody listened', () => {
  beforeEach(async () => {
    await stage.server();
    await stage.deliver(deliveryOf(), deliveryOf());
  });
  const wake = async (phraseId = stage.phrases.at(-1)?.phraseId ?? ''): Promise<void> => {
    await stage.listen();
    await stage.bus.publish('room:heard', { phraseId }, { key: '1', dedupeId: phraseId });
    await stage.pass(1000);
  };

  test('plays its newest phrase to the first listener, once', async () => {
    await wake();
    await wake('again');
    expect(stage.sounds.map(({ phrase }) => phrase.phraseId)).toEqual([stage.phrases.at(-1)?.phraseId]);
  });

  test('plays nothing that is older than an hour', async () => {
    await stage.pass(3_600_001);
    await wake();
    expect(stage.sounds).toEqual([]);
  });

  test('keeps what it played in its history, newest first, with the start of what sounded', async () => {
    await wake();
    const kept = await stage.tables.phrases('1', { limit: 10 });
    expect(kept.map(({ startAt }) => startAt)).toEqual([stage.sounds[0]?.startAt, undefined]);
    expect(kept.map(({ phrase }) => phrase)).toEqual(stage.phrases.toReversed());
  });
});

describe('a room of several repositories', () => {
  test('is one room: one phrase tells what happened in each, and says where', async () => {
    await stage.close();
    stage = new RoomStage({ rooms: readMergedRooms('team:owner/*,Other/Repo') });
    await stage.server();
    await stage.listen('owner/repo');
    await stage.deliver(deliveryOf({ title: 'first' }));
    await stage.deliver(
      deliveryOf({ repositoryId: 2, repoId: 'other/repo', actor: 'dog' }),
      deliveryOf({ repositoryId: 3, repoId: 'owner/third' }),
      deliveryOf({ repositoryId: 4, repoId: 'other/alone' }),
    );
    await stage.pass(30_000);
    const [, alone, together] = stage.phrases;
    expect(alone).toMatchObject({ repoId: 'other/alone' });
    expect(alone).not.toHaveProperty('room');
    expect(together).toMatchObject({ room: 'team' });
    expect(together?.tells?.map(({ repoId, count }) => [repoId, count]).toSorted()).toEqual([
      ['other/repo', 1],
      ['owner/third', 1],
    ]);
    expect(stage.overlaps).toBe(0);
  });
});
