import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { deliveryOf, RoomStage } from '../../test/room-stage.ts';

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

describe('a room that goes to another server', () => {
  beforeEach(() => stage.listen());

  test('takes its burst and its music along: the same phrases, note for note, at the same times', async () => {
    const play = async (isHandedOver: boolean): Promise<readonly unknown[]> => {
      stage = new RoomStage();
      await stage.listen();
      vi.setSystemTime(startsAt);
      const first = await stage.server();
      let sent = 0;
      const next = () => deliveryOf({ deliveryId: `next ${++sent}`, title: 'next', commits: 15 });
      for (let turn = 0; turn < 12; turn++) {
        await stage.deliver(next());
        await stage.pass(3000);
      }
      await stage.deliver(...many(4, next));
      if (isHandedOver) {
        const second = stage.server();
        await first.close({ drainMs: 1000 });
        await second;
      }
      await stage.pass(60_000);
      await stage.deliver(next());
      await stage.pass(5000);
      expect(stage.overlaps).toBe(0);
      return stage.sounds.map(({ phrase: { deliveryIds, musicalParams, reasons }, startAt }) => [
        startAt - startsAt,
        deliveryIds,
        musicalParams,
        reasons,
      ]);
    };
    const undisturbed = await play(false);
    expect(undisturbed.length).toBeGreaterThan(3);
    expect(await play(true)).toEqual(undisturbed);
  });

  test('is heard when it is lost in the middle of a render, once', async () => {
    stage.renderMs = 2000;
    const first = await stage.server();
    await stage.deliver(deliveryOf());
    await stage.pass(500);
    await Promise.all([first.close({ drainMs: 1000 }), stage.server(), stage.pass(100)]);
    await stage.pass(10_000);
    expect(stage.told).toEqual([1]);
    expect(stage.sounds).toHaveLength(1);
    expect(stage.failures).toEqual([]);
  });

  test('goes through any number of servers without a dead letter', async () => {
    let server = await stage.server();
    await stage.deliver(comment());
    for (let turn = 0; turn < 6; turn++) {
      const next = stage.server();
      await server.close({ drainMs: 1000 });
      server = await next;
      await stage.pass(500);
    }
    await stage.pass(30_000);
    expect(stage.told).toEqual([1]);
    expect(await stage.bus.listDeadLetters()).toEqual([]);
  });

  test('goes on past events that only a newer release knows, and gives none of them up', async () => {
    await stage.server();
    await stage.listen();
    const publish = stage.bus.publish.bind(stage.bus) as (
      topic: string,
      payload: unknown,
      options: object,
    ) => Promise<unknown>;
    for (const topic of ['room:later', 'room:bed:later', 'music:later', 'render:later']) {
      await publish(topic, { of: 'a newer release' }, { key: '1' });
      await publish(topic, null, { key: 'owner/repo' });
    }
    await stage.deliver(deliveryOf());
    expect(stage.told).toEqual([1]);
    await stage.pass(60_000);
    expect(stage.failures).toEqual([]);
    expect(await stage.bus.listDeadLetters()).toEqual([]);
    const [owners] = (await stage.bus.stats()).groups.filter(({ group }) => group === 'rooms');
    expect(owners).toMatchObject({ pending: 0, redeliveries: 0, deadLettered: 0 });
  });

  test('waits for a server of its release: an older one gives its deliveries back, and leaves its state as it is', async () => {
    const seen: unknown[] = [];
    const newer = async () => {
      const subscription = stage.bus.subscribe(
        'webhook:github:* room:*',
        async ({ key = '', fence = '' }) => {
          await stage.bus.commit({ state: { key, value: { version: 99, of: 'a newer release' } }, fence });
          seen.push('delivery');
        },
        {
          group: 'rooms',
          keys: 'owned',
          onOwn: (_key, state) => {
            seen.push(state);
          },
        },
      );
      await subscription.ready;
      return subscription;
    };
    const first = await newer();
    await stage.deliver(deliveryOf());
    await first.close({ drainMs: 1000 });

    const older = await stage.server();
    await stage.deliver(deliveryOf());
    await stage.pass(30_000);
    expect(stage.told).toEqual([]);
    await older.close({ drainMs: 0 });

    const second = await newer();
    await stage.pass(1000);
    expect(seen).toEqual([undefined, 'delivery', { version: 99, of: 'a newer release' }, 'delivery']);
    expect(await stage.bus.listDeadLetters()).toEqual([]);
    expect(stage.failures).toEqual([]);
    await second.close({ drainMs: 0 });
  });
});
