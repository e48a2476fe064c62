import type { GitHubActivity } from '@bnc/contracts';
import { normalizeActivity } from '@bnc/github-webhooks';
import { emotionOf, mapActivity } from '@bnc/music-engine';
import { describe, expect, test } from 'vitest';
import { type DemoDelivery, RecordedDeliveries } from './recorded-deliveries.ts';
import { demoRepoId, sceneNames, scenes } from './scenes.ts';

const turn = sceneNames.length;

function take(count: number, now?: () => Date): readonly DemoDelivery[] {
  const deliveries = new RecordedDeliveries(now);
  return Array.from({ length: count }, () => deliveries.next());
}

function activityOf({ event, deliveryId, body }: DemoDelivery): GitHubActivity {
  const activity = normalizeActivity(event, JSON.parse(body), { deliveryId, receivedAt: Date.now() });
  if (!activity) throw new Error(`${event} is not heard`);
  return activity;
}

describe('the deliveries of the demo', () => {
  test('are all heard, in the demo room, as public', () => {
    for (const delivery of take(turn)) {
      expect(activityOf(delivery), delivery.event).toMatchObject({ repoId: demoRepoId, isPrivate: false });
    }
  });

  test('are eighteen things, each with its own sign, done by six people and two programs', () => {
    const activities = take(turn).map(activityOf);
    expect(activities).toHaveLength(18);
    const signs = activities.map((activity) => mapActivity([activity]).sign);
    expect(new Set(signs).size, signs.join(', ')).toBe(18);
    const people = activities.filter(({ agent }) => !agent).map(({ actor }) => actor);
    const programs = activities.flatMap(({ agent }) => agent?.id ?? []);
    expect(new Set(people).size).toBe(6);
    expect(new Set(programs)).toEqual(new Set(['copilot', 'dependabot']));
    expect(activities.map(({ actor }) => actor)).toEqual(Object.values(scenes).map(({ actor }) => actor));
  });

  test('tell every emotion within one turn', () => {
    const emotions = take(turn).map((delivery) => emotionOf(activityOf(delivery)));
    expect(new Set(emotions)).toEqual(new Set(['activity', 'growth', 'tension', 'resolution']));
  });

  test('tell a red build of their own branch, and that it is green again', () => {
    const runs = take(turn).filter(({ event }) => event === 'workflow_run');
    expect(runs.map(activityOf).map(({ title, branch, isDefaultBranch }) => [title, branch, isDefaultBranch])).toEqual([
      ['tests failed on master', 'master', true],
      ['tests passed on master', 'master', true],
    ]);
  });

  test('repeat no id, commit or body from turn to turn, nor from one start of the server to the next', () => {
    const later = new Date(Date.now() + 60_000);
    const deliveries = [...take(2 * turn), ...take(turn, () => later)];
    expect(new Set(deliveries.map(({ deliveryId }) => deliveryId)).size).toBe(3 * turn);
    expect(new Set(deliveries.map(({ body }) => body)).size).toBe(3 * turn);
    const pushes = deliveries.filter(({ event }) => event === 'push').slice(0, 2);
    const [first, second] = pushes.map(
      ({ body }) => (JSON.parse(body) as { head_commit: { id: string } }).head_commit.id,
    );
    expect(first).toMatch(/^[0-9a-f]{40}$/);
    expect(second).not.toBe(first);
  });

  test('bring the commits that their push names, the last as its head', () => {
    const payload = JSON.parse(new RecordedDeliveries().make('push').body) as {
      commits: { id: string; message: string }[];
      head_commit: { message: string };
    };
    expect(new Set(payload.commits.map(({ id }) => id)).size).toBe(3);
    expect(payload.head_commit.message).toBe(payload.commits.at(-1)?.message);
  });
});
