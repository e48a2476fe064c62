import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GitHubActivity } from '@bnc/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { pollRepositoryEvents } from './repository-events.ts';

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A stand-in for the API on loopback, which answers from a script and remembers what it was asked. */
const serve = async (script: readonly Answer[]): Promise<{ apiUrl: string; asked: IncomingMessage[] }> => {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    const { status, headers = {}, body } = script[Math.min(asked.length, script.length - 1)] ?? { status: 500 };
    asked.push(request);
    response.writeHead(status, headers).end(body === undefined ? '' : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
};

const entry = (id: number, type: string, payload: object, login = 'mona'): object => ({
  id: String(id),
  type,
  public: true,
  created_at: `2026-11-20T10:00:${String(id).padStart(2, '0')}Z`,
  actor: { id: 7, login },
  repo: { id: 42, name: 'cats/choir' },
  payload,
});

const SOON = { 'x-poll-interval': '1', etag: '"one"' };

/** Reads until `amount` activities came. */
const take = async (activities: AsyncIterable<GitHubActivity>, amount: number): Promise<GitHubActivity[]> => {
  const taken: GitHubActivity[] = [];
  for await (const activity of activities) if (taken.push(activity) === amount) break;
  return taken;
};

describe('pollRepositoryEvents', () => {
  it('yields what happened, oldest first, in the words of webhooks', async () => {
    const { apiUrl, asked } = await serve([
      {
        status: 200,
        headers: SOON,
        body: [
          entry(7, 'CatEvent', {}),
          entry(6, 'PullRequestReviewEvent', {
            action: 'created',
            review: { id: 1, state: 'approved' },
            pull_request: { number: 5 },
          }),
          entry(5, 'PullRequestEvent', { action: 'merged', number: 5, pull_request: { id: 1, number: 5 } }),
          entry(4, 'WatchEvent', { action: 'started' }, 'renovate[bot]'),
          entry(3, 'PushEvent', { ref: 'refs/heads/main', before: 'b', head: 'h' }),
          entry(2, 'PushEvent', {
            ref: 'refs/heads/main',
            before: 'a',
            head: 'b',
            commits: [{ message: 'One' }, { message: 'Two\nmore' }],
          }),
          entry(1, 'CreateEvent', { ref: 'idea', ref_type: 'branch' }),
          null,
          { id: 'odd', repo: 'x' },
        ],
      },
    ]);
    const activities = await take(pollRepositoryEvents('cats/choir', { apiUrl, token: 'secret-token' }), 6);
    expect(activities).toMatchObject([
      { deliveryId: 'events-api-1', event: 'create', title: 'Created branch idea', isPrivate: false, repositoryId: 42 },
      { event: 'push', commits: 2, title: 'Pushed 2 commits to main: Two' },
      { event: 'push', commits: 1, title: 'Pushed 1 commit to main' },
      { event: 'watch', isBot: true },
      { event: 'pull_request', outcome: 'merged', title: 'Merged pull request #5' },
      { event: 'pull_request_review', outcome: 'approved', title: 'Approved pull request #5' },
    ]);
    expect(activities[0]?.occurredAt).toBe(Date.parse('2026-11-20T10:00:01Z'));
    expect(asked[0]?.url).toBe('/repos/cats/choir/events?per_page=100');
    expect(asked[0]?.headers.authorization).toBe('Bearer secret-token');
  });

  it('asks with the last ETag and yields each event once', async () => {
    const star = (id: number): object => entry(id, 'WatchEvent', { action: 'started' });
    const { apiUrl, asked } = await serve([
      { status: 200, headers: SOON, body: [star(2), star(1)] },
      { status: 304, headers: SOON },
      { status: 200, headers: SOON, body: [star(3), star(2), star(1)] },
    ]);
    const activities = await take(pollRepositoryEvents('cats/choir', { apiUrl }), 3);
    expect(activities.map(({ deliveryId }) => deliveryId)).toEqual(['events-api-1', 'events-api-2', 'events-api-3']);
    expect(asked.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"one"', '"one"']);
  });

  it('rests while the rate limit is used up', async () => {
    const { apiUrl, asked } = await serve([
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 200, headers: SOON, body: [entry(1, 'ForkEvent', { forkee: { id: 2, full_name: 'lisa/choir' } })] },
    ]);
    expect(await take(pollRepositoryEvents('cats/choir', { apiUrl }), 1)).toMatchObject([{ event: 'fork' }]);
    expect(asked).toHaveLength(2);
  });

  it('ends with its signal, at once', async () => {
    const { apiUrl } = await serve([{ status: 200, headers: { 'x-poll-interval': '3600' }, body: [] }]);
    const stop = new AbortController();
    const reading = take(pollRepositoryEvents('cats/choir', { apiUrl, signal: stop.signal }), 1);
    stop.abort();
    expect(await reading).toEqual([]);
  });

  it.each([401, 404])('says so when GitHub answers %i', async (status) => {
    const { apiUrl } = await serve([{ status }]);
    await expect(take(pollRepositoryEvents('cats/choir', { apiUrl }), 1)).rejects.toMatchObject({
      code: 'WEBHOOK_SOURCE_FAILED',
    });
  });

  it('refuses a name that is no repository’s', async () => {
    await expect(take(pollRepositoryEvents('../x'), 1)).rejects.toThrow(TypeError);
  });
});
