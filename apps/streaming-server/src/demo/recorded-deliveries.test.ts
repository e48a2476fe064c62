import { normalizeActivity } from '@bnc/github-webhooks';
import { emotionOf } from '@bnc/music-engine';
import { describe, expect, test } from 'vitest';
import { demoDeliveries, demoRepoId } from './recorded-deliveries.ts';

const turn = 10;

function take(count: number) {
  const deliveries = demoDeliveries();
  return Array.from({ length: count }, () => deliveries.next().value);
}

describe('the deliveries of the demo', () => {
  test('are all heard, in the demo room, as public', () => {
    for (const { event, deliveryId, body } of take(turn)) {
      const activity = normalizeActivity(event, JSON.parse(body), { deliveryId, receivedAt: Date.now() });
      expect(activity, event).toMatchObject({ repoId: demoRepoId, isPrivate: false, deliveryId });
    }
  });

  test('tell every emotion within one turn', () => {
    const emotions = take(turn).map(({ event, deliveryId, body }) => {
      const activity = normalizeActivity(event, JSON.parse(body), { deliveryId, receivedAt: Date.now() });
      return activity && emotionOf(activity);
    });
    expect(new Set(emotions)).toEqual(new Set(['activity', 'growth', 'tension', 'resolution']));
  });

  test('tell a red build of their own branch, and that it is green again', () => {
    const runs = take(turn).filter(({ event }) => event === 'workflow_run');
    const titles = runs.map(({ event, deliveryId, body }) => {
      const activity = normalizeActivity(event, JSON.parse(body), { deliveryId, receivedAt: Date.now() });
      return [activity?.title, activity?.branch, activity?.isDefaultBranch];
    });
    expect(titles).toEqual([
      ['tests failed on master', 'master', true],
      ['tests passed on master', 'master', true],
    ]);
  });

  test('repeat no id, commit or body from turn to turn', () => {
    const deliveries = take(3 * turn);
    expect(new Set(deliveries.map(({ deliveryId }) => deliveryId)).size).toBe(3 * turn);
    expect(new Set(deliveries.map(({ body }) => body)).size).toBe(3 * turn);
    const [first, second] = [deliveries[0], deliveries[turn]].map(
      (delivery) => (JSON.parse(delivery?.body ?? '') as { head_commit: { id: string } }).head_commit.id,
    );
    expect(first).toMatch(/^[0-9a-f]{40}$/);
    expect(second).not.toBe(first);
  });

  test('bring the commits that their push names, the last as its head', () => {
    const payload = JSON.parse(take(3)[2]?.body ?? '') as {
      commits: { id: string; message: string }[];
      head_commit: { message: string };
    };
    expect(new Set(payload.commits.map(({ id }) => id)).size).toBe(7);
    expect(payload.head_commit.message).toBe(payload.commits.at(-1)?.message);
  });
});
