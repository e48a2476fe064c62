import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GitHubActivity } from '@bnc/contracts';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { GitHubWebhookReceiver } from '../github-webhook-receiver.ts';
import { signWebhook } from '../signature.ts';
import { pollRepositoryDeliveries, pollRepositoryEvents } from './repository-events.ts';

/** Milliseconds that were waited between requests. */
const waits = vi.hoisted((): number[] => []);

// A minute between two requests takes a moment here.
vi.mock('node:timers/promises', async (original) => {
  const timers = await original<typeof import('node:timers/promises')>();
  return {
    ...timers,
    setTimeout: (ms: number, ...rest: [unknown, { signal?: AbortSignal }?]) => {
      waits.push(ms);
      return timers.setTimeout(Math.min(ms, 20), ...rest);
    },
  };
});

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
  waits.length = 0;
});

/** A stand-in for the API on loopback, which responds by a script and remembers the requests. */
async function serve(script: readonly Answer[]): Promise<{ apiUrl: string; asked: IncomingMessage[] }> {
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
}

function entry(id: number, type: string, payload: object, login = 'mona'): object {
  return {
    id: String(id),
    type,
    public: true,
    created_at: `2026-11-20T10:00:${String(id).padStart(2, '0')}Z`,
    actor: { id: 7, login },
    repo: { id: 42, name: 'cats/choir' },
    payload,
  };
}

const soon = { 'x-poll-interval': '1', etag: '"one"' };

/** Reads until `amount` activities came. */
async function take(activities: AsyncIterable<GitHubActivity>, amount: number): Promise<GitHubActivity[]> {
  const taken: GitHubActivity[] = [];
  for await (const activity of activities) if (taken.push(activity) === amount) break;
  return taken;
}

describe('pollRepositoryEvents', () => {
  it('yields what happened, oldest first, in the words of webhooks', async () => {
    const { apiUrl, asked } = await serve([
      {
        status: 200,
        headers: soon,
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
      { status: 200, headers: soon, body: [star(2), star(1)] },
      { status: 304, headers: soon },
      { status: 200, headers: soon, body: [star(3), star(2), star(1)] },
    ]);
    const activities = await take(pollRepositoryEvents('cats/choir', { apiUrl }), 3);
    expect(activities.map(({ deliveryId }) => deliveryId)).toEqual(['events-api-1', 'events-api-2', 'events-api-3']);
    expect(asked.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"one"', '"one"']);
  });

  it('rests while the rate limit is used up', async () => {
    const { apiUrl, asked } = await serve([
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 200, headers: soon, body: [entry(1, 'ForkEvent', { forkee: { id: 2, full_name: 'lisa/choir' } })] },
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

  it.each([400, 401, 404, 410, 422, 451])(
    'ends at once when GitHub responds %i, with what GitHub says',
    async (status) => {
      const { apiUrl, asked } = await serve([{ status, body: { message: 'Repository access blocked.' } }]);
      await expect(take(pollRepositoryEvents('cats/choir', { apiUrl }), 1)).rejects.toMatchObject({
        code: 'WEBHOOK_SOURCE_FAILED',
        message: expect.stringMatching(new RegExp(`${status} .*cats/choir \\(Repository access blocked\\)\\. `)),
      });
      expect(asked).toHaveLength(1);
    },
  );

  it.each<[string, Answer, RegExp, number]>([
    [
      '403',
      { status: 403, body: { message: 'Must have push access.' } },
      /403 \(Must have push access\)\. A token/,
      60_000,
    ],
    ['429', { status: 429, headers: { 'retry-after': '7' } }, /GitHub responded 429\. A token/, 7000],
    ['503', { status: 503, body: 'not JSON of GitHub' }, /GitHub responded 503\.$/, 60_000],
    ['what is not a list', { status: 200, body: { message: 'hello' } }, /not a list of events\.$/, 60_000],
  ])('ends after five responses in a row with %s', async (_, answer, message, waitMs) => {
    const { apiUrl, asked } = await serve([{ status: 200, headers: soon, body: [] }, answer]);
    await expect(take(pollRepositoryEvents('cats/choir', { apiUrl }), 1)).rejects.toThrow(message);
    expect(asked).toHaveLength(6);
    expect(waits).toEqual([1000, ...Array.from({ length: 4 }, () => waitMs)]);
  });

  it('ends after five requests in a row that reach nobody', async () => {
    const reading = take(pollRepositoryEvents('cats/choir', { apiUrl: 'http://127.0.0.1:9' }), 1);
    await expect(reading).rejects.toThrow(/^5 requests in a row for the events of cats\/choir failed: .+/);
  });

  it('goes on after four refusals in a row, as often as they come', async () => {
    const refused = Array.from({ length: 4 }, (): Answer => ({ status: 403 }));
    const star = (id: number): Answer => ({ status: 200, body: [entry(id, 'WatchEvent', { action: 'started' })] });
    const { apiUrl } = await serve([...refused, star(1), ...refused, star(2)]);
    const retries: [string, number][] = [];
    const onRetry = (problem: string, waitMs: number): number => retries.push([problem, waitMs]);
    expect(await take(pollRepositoryEvents('cats/choir', { apiUrl, onRetry }), 2)).toHaveLength(2);
    expect(retries).toHaveLength(8);
    expect(retries[0]).toEqual([expect.stringMatching(/^GitHub responded 403\./), 60_000]);
  });

  it('begins with the newest events that are wished, and yields each new one', async () => {
    const star = (id: number): object => entry(id, 'WatchEvent', { action: 'started' });
    const script = [
      { status: 200, headers: soon, body: [star(3), star(2), star(1)] },
      { status: 200, headers: soon, body: [star(5), star(4), star(3), star(2), star(1)] },
    ];
    for (const [newest, ids] of [
      [0, ['4', '5']],
      [1, ['3', '4', '5']],
      [100, ['1', '2', '3', '4', '5']],
    ] as const) {
      const { apiUrl } = await serve(script);
      const heard = await take(pollRepositoryEvents('cats/choir', { apiUrl, newest }), ids.length);
      expect(heard.map(({ deliveryId }) => deliveryId.replace('events-api-', ''))).toEqual(ids);
    }
  });

  it('refuses a name that is not that of a repository, and an amount that is not one', async () => {
    await expect(take(pollRepositoryEvents('../x'), 1)).rejects.toThrow(TypeError);
    for (const newest of [-1, 1.5, 101, Number.NaN]) {
      await expect(take(pollRepositoryEvents('cats/choir', { newest }), 1)).rejects.toThrow(RangeError);
    }
  });
});

describe('pollRepositoryDeliveries', () => {
  it('yields what a receiver accepts as it is, and hears as the same activity', async () => {
    const { apiUrl } = await serve([
      {
        status: 200,
        headers: soon,
        body: [
          entry(2, 'CreateEvent', { ref_type: 'repository' }),
          entry(1, 'ForkEvent', { forkee: { id: 2, full_name: 'lisa/choir', private: false } }),
        ],
      },
    ]);
    const secret = 'sixteen bytes or more';
    const receiver = new GitHubWebhookReceiver({ secrets: [secret] });
    const titles: string[] = [];
    for await (const { event, deliveryId, occurredAt, payload } of pollRepositoryDeliveries('cats/choir', { apiUrl })) {
      const body = Buffer.from(JSON.stringify(payload));
      const headers = {
        'content-type': 'application/json',
        'x-github-event': event,
        'x-github-delivery': deliveryId,
        'x-hub-signature-256': signWebhook(secret, body),
      };
      const receipt = await receiver.receive({ headers, body });
      expect(receipt.status).toBe('accepted');
      titles.push(...receipt.activities.map(({ title }) => title));
      if (occurredAt === Date.parse('2026-11-20T10:00:02Z')) break;
    }
    expect(titles).toEqual(['Forked to lisa/choir', 'Created the repository']);
  });
});

/** Serves a page of entries, oldest first, and yields what is heard of them. */
async function hear(entries: readonly unknown[], path = ''): Promise<GitHubActivity[]> {
  const last = { ...entry(1, 'WatchEvent', { action: 'started' }), id: 'last' };
  const { apiUrl } = await serve([{ status: 200, headers: soon, body: [last, ...entries.toReversed()] }]);
  const heard: GitHubActivity[] = [];
  for await (const activity of pollRepositoryEvents('cats/choir', { apiUrl: `${apiUrl}${path}` })) {
    if (activity.deliveryId === 'events-api-last') break;
    heard.push(activity);
  }
  return heard;
}

const pull = { url: 'https://api.github.com/repos/cats/choir/pulls/5', id: 1, number: 5, head: { ref: 'x', sha: 'a' } };
const issue = { id: 2, number: 7, title: 'Purr', html_url: 'https://github.com/cats/choir/issues/7' };
const comment = { id: 3, commit_id: 'abcdef0123', created_at: '2026-11-20T10:00:00Z' };

describe('an entry of the Events API', () => {
  it.each([
    ['CommitCommentEvent', { action: 'created', comment }, 'Commented on commit abcdef0'],
    ['CommitCommentEvent', { comment }, 'Commented on commit abcdef0'],
    ['CreateEvent', { ref: 'idea', ref_type: 'branch', full_ref: 'refs/heads/idea' }, 'Created branch idea'],
    ['CreateEvent', { ref: 'v2', ref_type: 'tag', full_ref: 'refs/tags/v2', master_branch: 'main' }, 'Created tag v2'],
    ['CreateEvent', { ref: null, ref_type: 'repository', master_branch: 'main' }, 'Created the repository'],
    ['DeleteEvent', { ref: 'idea', ref_type: 'branch', pusher_type: 'user' }, 'Deleted branch idea'],
    [
      'DiscussionEvent',
      { action: 'created', discussion: { number: 3, title: 'Cats?' } },
      'Opened discussion #3: Cats?',
    ],
    ['DiscussionEvent', { discussion: { number: 3 } }, 'Opened discussion #3'],
    ['DiscussionEvent', { action: 'answered', discussion: { number: 3 } }, 'Answered discussion #3'],
    ['ForkEvent', { forkee: { id: 9, full_name: 'lisa/choir', private: false } }, 'Forked to lisa/choir'],
    [
      'ForkEvent',
      { action: 'forked', forkee: { id: 9, full_name: 'lisa/choir', private: false } },
      'Forked to lisa/choir',
    ],
    ['GollumEvent', { pages: [{ page_name: 'Home', title: 'Home', action: 'edited' }] }, 'Edited wiki page Home'],
    ['IssueCommentEvent', { action: 'created', issue, comment }, 'Commented on issue #7: Purr'],
    ['IssueCommentEvent', { issue: { ...issue, pull_request: {} }, comment }, 'Commented on pull request #7: Purr'],
    ['IssueCommentEvent', { action: 'edited', issue, comment }, undefined],
    ['IssuesEvent', { action: 'opened', issue }, 'Opened issue #7: Purr'],
    ['IssuesEvent', { action: 'closed', issue }, 'Closed issue #7: Purr'],
    ['IssuesEvent', { action: 'reopened', issue }, 'Reopened issue #7: Purr'],
    ['IssuesEvent', { action: 'assigned', issue, assignees: [] }, /^Assigned issue #7: Purr/],
    ['IssuesEvent', { action: 'labeled', issue, labels: [] }, /^Labelled issue #7: Purr/],
    ['IssuesEvent', { issue }, undefined],
    ['MemberEvent', { action: 'added', member: { id: 4, login: 'lisa' } }, 'Welcomed lisa'],
    ['MemberEvent', { member: { id: 4, login: 'lisa' } }, 'Welcomed lisa'],
    ['PublicEvent', {}, 'Made the repository public'],
    ['PullRequestEvent', { action: 'opened', number: 5, pull_request: pull }, 'Opened pull request #5'],
    ['PullRequestEvent', { action: 'closed', number: 5, pull_request: pull }, 'Closed pull request #5'],
    ['PullRequestEvent', { action: 'merged', number: 5, pull_request: pull }, 'Merged pull request #5'],
    ['PullRequestEvent', { action: 'merged', number: 5 }, 'Merged pull request #5'],
    ['PullRequestEvent', { action: 'closed', pull_request: { ...pull, merged: true } }, 'Merged pull request #5'],
    ['PullRequestEvent', { action: 'reopened', number: 5, pull_request: pull }, 'Reopened pull request #5'],
    [
      'PullRequestEvent',
      { action: 'assigned', number: 5, pull_request: pull, assignees: [] },
      /^Assigned pull request #5/,
    ],
    ['PullRequestEvent', { action: 'unassigned', number: 5, pull_request: pull }, /^Unassigned pull request #5/],
    ['PullRequestEvent', { action: 'labeled', number: 5, pull_request: pull, labels: [] }, /^Labelled pull request #5/],
    ['PullRequestEvent', { action: 'unlabeled', number: 5, pull_request: pull }, /^Unlabelled pull request #5/],
    ['PullRequestEvent', { action: 'synchronize', number: 5, pull_request: pull }, 'Updated pull request #5'],
    ['PullRequestEvent', { number: 5, pull_request: pull }, undefined],
    ['PullRequestReviewEvent', { action: 'created', review: { state: 'APPROVED' }, pull_request: pull }, /^Approved/],
    ['PullRequestReviewEvent', { action: 'submitted', review: { state: 'approved' }, pull_request: pull }, /^Approved/],
    ['PullRequestReviewEvent', { review: { state: 'commented' }, pull_request: pull }, 'Reviewed pull request #5'],
    ['PullRequestReviewEvent', { action: 'updated', review: { state: 'approved' }, pull_request: pull }, undefined],
    ['PullRequestReviewEvent', { action: 'edited', review: { state: 'approved' }, pull_request: pull }, undefined],
    [
      'PullRequestReviewEvent',
      { action: 'dismissed', review: { state: 'dismissed' }, pull_request: pull },
      /^Dismissed a/,
    ],
    [
      'PullRequestReviewCommentEvent',
      { action: 'created', comment, pull_request: pull },
      'Commented on pull request #5',
    ],
    ['PullRequestReviewCommentEvent', { comment, pull_request: pull }, 'Commented on pull request #5'],
    [
      'PullRequestReviewThreadEvent',
      { action: 'resolved', thread: {}, pull_request: pull },
      /^Resolved a conversation/,
    ],
    ['PushEvent', { push_id: 1, ref: 'refs/heads/main', head: 'h', before: 'b' }, 'Pushed 1 commit to main'],
    ['PushEvent', { ref: 'refs/heads/main', commits: [], size: 3 }, 'Pushed 3 commits to main'],
    [
      'PushEvent',
      { ref: 'refs/heads/main', commits: [{ message: 'Meow' }], size: 30 },
      'Pushed 30 commits to main: Meow',
    ],
    ['PushEvent', { ref: 'refs/heads/main', commits: [], size: 0, head: 'abcdef0123' }, 'Reset main to abcdef0'],
    ['PushEvent', { ref: 'refs/tags/v2', head: 'h', before: 'b' }, 'Moved tag v2'],
    ['ReleaseEvent', { action: 'published', release: { id: 6, tag_name: 'v2', name: 'Two' } }, 'Released Two'],
    ['ReleaseEvent', { release: { id: 6, tag_name: 'v2' } }, 'Released v2'],
    ['SponsorshipEvent', { action: 'created', effective_date: '2026-11-20' }, undefined],
    ['WatchEvent', { action: 'started' }, 'Starred the repository'],
    ['WatchEvent', {}, 'Starred the repository'],
    // They were there once.
    ['DownloadEvent', { download: {} }, undefined],
    ['FollowEvent', { target: {} }, undefined],
    ['ForkApplyEvent', { head: 'main' }, undefined],
    ['GistEvent', { action: 'create' }, undefined],
    ['TeamAddEvent', { team: {} }, undefined],
    ['Event', {}, undefined],
    ['', {}, undefined],
  ])('%s %j is heard as %s', async (type, payload, title) => {
    const heard = await hear([entry(7, type, payload)]);
    expect(heard.map((activity) => activity.title)).toEqual(
      title === undefined ? [] : [typeof title === 'string' ? title : expect.stringMatching(title)],
    );
  });

  it('counts the commits that are new, listed or not', async () => {
    const listed = [
      { message: 'Known', distinct: false },
      { message: 'New', distinct: true },
    ];
    expect(
      await hear([
        entry(1, 'PushEvent', { ref: 'refs/heads/main', size: 25, distinct_size: 11, commits: listed }),
        entry(2, 'PushEvent', { ref: 'refs/heads/main', size: 2, distinct_size: 1, commits: listed }),
        entry(3, 'PushEvent', { ref: 'refs/heads/main', size: 1e9, distinct_size: -1, commits: 'none' }),
      ]),
    ).toMatchObject([{ commits: 11, knownCommits: 14 }, { commits: 1, knownCommits: 1 }, { commits: 2048 }]);
  });

  it('links to the forge that sent it', async () => {
    const [before, head] = ['a'.repeat(40), 'b'.repeat(40)];
    const entries = [
      entry(1, 'PullRequestEvent', { action: 'merged', number: 5, pull_request: pull }),
      entry(2, 'PushEvent', { ref: 'refs/heads/main', before, head }),
      entry(3, 'WatchEvent', { action: 'started' }),
    ];
    const root = (await hear(entries, '/forge/api/v3/')).map(({ url }) => new URL(url).pathname);
    expect(root).toEqual([
      '/forge/cats/choir/pull/5',
      `/forge/cats/choir/compare/${before}...${head}`,
      '/forge/cats/choir',
    ]);
    expect((await hear(entries)).map(({ url }) => url)).toEqual(['', '', '']);
  });

  it.each([
    [undefined, 'https://github.com/cats/choir'],
    ['https://api.acme.ghe.com', 'https://acme.ghe.com/cats/choir'],
    ['https://forge.example.org/api/v3', 'https://forge.example.org/cats/choir'],
    ['https://api.example.org', ''],
  ])('links, when the API is at %s, to %j', async (apiUrl, url) => {
    const asked = vi
      .spyOn(globalThis, 'fetch')
      .mockImplementation(async () => Response.json([entry(1, 'PublicEvent', {})]));
    closing.push(() => asked.mockRestore());
    const heard = await take(pollRepositoryEvents('cats/choir', apiUrl === undefined ? {} : { apiUrl }), 1);
    expect(heard.map((activity) => activity.url)).toEqual([url]);
  });

  it('is reported once whether its id is a text or a number, and not without an id', async () => {
    const star = (id: unknown): object => ({ ...entry(1, 'WatchEvent', { action: 'started' }), id });
    const { apiUrl } = await serve([
      { status: 200, headers: soon, body: [star(12), star('11'), star(null), star({})] },
      { status: 200, headers: soon, body: [star(13), star(12), star('11')] },
    ]);
    const heard = await take(pollRepositoryEvents('cats/choir', { apiUrl }), 3);
    expect(heard.map(({ deliveryId }) => deliveryId)).toEqual(['events-api-11', 'events-api-12', 'events-api-13']);
  });

  it('is a program’s when its actor is', async () => {
    const by = (login: string): object => entry(7, 'WatchEvent', { action: 'started' }, login);
    expect(
      await hear([by('Copilot'), by('renovate-bot'), by('mona')].map((one, at) => ({ ...one, id: `${at}` }))),
    ).toMatchObject([
      { actor: 'Copilot', isBot: true, agent: { id: 'copilot', kind: 'coding-agent' } },
      { actor: 'renovate-bot', isBot: true, agent: { id: 'renovate', kind: 'bot' } },
      { actor: 'mona', isBot: false },
    ]);
  });

  it('may be of any shape', async () => {
    const types = [
      'CommitComment Create Delete Discussion Fork Gollum IssueComment Issues Member Public PullRequest',
      'PullRequestReview PullRequestReviewComment Push Release Sponsorship Watch',
    ]
      .join(' ')
      .split(' ');
    const odd = fc.jsonValue({ maxDepth: 2 });
    const payload = fc.record(
      {
        action: fc.oneof(fc.constantFrom('created', 'merged', 'closed', 'updated', 'published', 'started'), odd),
        pull_request: odd,
        review: odd,
        comment: odd,
        issue: odd,
        commits: odd,
        size: odd,
        distinct_size: odd,
        ref: odd,
        ref_type: odd,
        before: odd,
        head: odd,
        number: odd,
        pages: odd,
        forkee: odd,
        member: odd,
        release: odd,
        discussion: odd,
      },
      { requiredKeys: [] },
    );
    const shapes = fc.record(
      {
        id: fc.oneof(fc.uuid(), odd),
        type: fc.oneof(fc.constantFrom(...types.map((type) => `${type}Event`)), odd),
        public: odd,
        created_at: odd,
        actor: fc.oneof(fc.constant({ id: 7, login: 'mona' }), odd),
        repo: fc.oneof(fc.constant({ id: 42, name: 'cats/choir' }), odd),
        payload: fc.oneof(payload, odd),
      },
      { requiredKeys: ['type', 'repo'] },
    );
    const heard = await hear([
      ...fc.sample(shapes, { numRuns: 3000, seed: 1 }),
      ...fc.sample(odd, { numRuns: 100, seed: 1 }),
    ]);
    expect(heard.length).toBeGreaterThan(100);
    for (const { title, url } of heard) {
      expect(title).not.toBe('');
      expect(url).toBe('');
    }
  });
});
