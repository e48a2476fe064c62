import type { GitHubActivity, GitHubDelivery } from '@bnc/contracts';
import { GitHubWebhookReceiver, signWebhook } from '@bnc/github-webhooks';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { deliveryOf, type FieldsOf, type StoryEvent } from '../test/stories/payloads.ts';
import { Stories } from './stories.ts';

const secret = 'a secret of sixteen bytes or more';
const startsAt = Date.parse('2026-11-16T09:00:00Z');
const pull = { number: 7, title: 'Purr', head: 'purr' } as const;

/** Receives a delivery as the server does, and returns what it keeps. */
const receive = async <E extends StoryEvent>(
  event: E,
  fields: FieldsOf<E>,
  id: string = event,
): Promise<GitHubDelivery> => {
  const kept: GitHubDelivery[] = [];
  const receiver = new GitHubWebhookReceiver({
    secrets: [secret],
    publish: async (delivery) => {
      kept.push(delivery);
      return { duplicate: false };
    },
  });
  const { payload } = deliveryOf(event, { repoId: 'loft/purr', repositoryId: 1, at: Date.now() }, fields);
  const body = Buffer.from(JSON.stringify(payload));
  const headers = {
    'content-type': 'application/json',
    'x-github-event': event,
    'x-github-delivery': id,
    'x-hub-signature-256': signWebhook(secret, body),
  };
  await receiver.receive({ headers, body });
  const [delivery] = kept;
  if (!delivery) throw new Error(`A delivery of ${event} was not kept.`);
  return delivery;
};

describe('stories', () => {
  let stories: Stories;
  const hear = (payload: GitHubDelivery, publishedAt = Date.now()): void => stories.hear({ payload, publishedAt });
  const told = async (asked: Promise<GitHubActivity | undefined>): Promise<string | undefined> => (await asked)?.title;

  beforeEach(() => {
    vi.useFakeTimers({ now: startsAt });
    stories = new Stories();
  });
  afterEach(() => {
    stories.close();
    vi.useRealTimers();
  });

  test('say at once what most deliveries tell, asked before they are heard or after', async () => {
    const comment = await receive('issue_comment', { by: 'ada', number: 3, comment: 1 });
    const asked = stories.of(comment);
    hear(comment);
    expect(await told(asked)).toBe('Commented on issue #3: Wish 3');
    expect(await told(stories.of(comment))).toBe('Commented on issue #3: Wish 3');
  });

  test('say of what another delivery has told that it tells nothing', async () => {
    const comment = await receive('issue_comment', { by: 'ada', number: 3, comment: 1 });
    const twin = await receive('issue_comment', { by: 'ada', number: 3, comment: 1 }, 'twin');
    hear(comment);
    hear(twin);
    expect(await told(stories.of(twin))).toBeUndefined();
    expect(await told(stories.of(comment))).toBe('Commented on issue #3: Wish 3');
  });

  test('say what belongs to an act with the act alone, in either order', async () => {
    const merged = { action: 'closed', merged: true, mergeCommit: 'merge', by: 'ada', ...pull } as const;
    const deletion = await receive('delete', { by: 'ada', branch: 'purr' });
    const merge = await receive('pull_request', merged);
    const push = await receive('push', { by: 'ada', branch: 'main', after: 'merge', isByGitHub: true });
    const asked = stories.of(deletion);
    hear(deletion);
    await vi.advanceTimersByTimeAsync(200);
    hear(merge);
    hear(push);
    expect(await told(asked)).toBeUndefined();
    expect(await told(stories.of(push))).toBeUndefined();
    expect(await told(stories.of(merge))).toBe('Merged pull request #7: Purr');
  });

  test('say what waited for an act that did not come, when it has waited', async () => {
    const deletion = await receive('delete', { by: 'ada', branch: 'purr' });
    const answers: (string | undefined)[] = [];
    const asked = told(stories.of(deletion)).then((title) => answers.push(title));
    hear(deletion);
    await vi.advanceTimersByTimeAsync(100);
    expect(answers).toEqual([]);
    await vi.advanceTimersByTimeAsync(5000);
    await asked;
    expect(answers).toEqual(['Deleted branch purr']);
  });

  test('say of the last status of a commit what all of them mean, when they have rested', async () => {
    const statuses = await Promise.all(
      (['success', 'failure'] as const).map((state, index) =>
        receive('status', { context: `build ${index}`, state, status: index, sha: 'a', by: 'ada' }, `status-${index}`),
      ),
    );
    const asked = statuses.map((status) => stories.of(status));
    for (const status of statuses) hear(status);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await told(asked[0] ?? Promise.resolve(undefined))).toBeUndefined();
    expect(await told(asked[1] ?? Promise.resolve(undefined))).toBe('The build failed on main: build 1');
  });

  test('know from the log what a verdict means, however long ago it was', async () => {
    const build = { sha: 'a', by: 'ada', run: 1, number: 1, action: 'completed' } as const;
    const red = await receive('workflow_run', { ...build, conclusion: 'failure' }, 'red');
    const day = 86_400_000;
    hear(red, startsAt - 5 * day);
    const green = await receive('workflow_run', { ...build, attempt: 2, conclusion: 'success' }, 'green');
    hear(green);
    expect(await stories.of(green)).toMatchObject({ turn: 'fixed', title: 'CI passed on main again (attempt 2)' });
  });

  test('refuse to wait longer than 30 s for a delivery that is not heard', async () => {
    const comment = await receive('issue_comment', { by: 'ada', number: 3, comment: 1 });
    const asked = expect(stories.of(comment)).rejects.toThrow('was not heard within 30 s');
    await vi.advanceTimersByTimeAsync(30_000);
    await asked;
  });

  test('keep repositories apart', async () => {
    const deletion = await receive('delete', { by: 'ada', branch: 'purr' });
    const merged = { action: 'closed', merged: true, mergeCommit: 'merge', by: 'ada', ...pull } as const;
    const merge = await receive('pull_request', merged);
    const asked = stories.of(deletion);
    hear(deletion);
    hear({ ...merge, repositoryId: 2 });
    await vi.advanceTimersByTimeAsync(5000);
    expect(await told(asked)).toBe('Deleted branch purr');
  });
});
