import type { GitHubActivity, GitHubDelivery } from '@bnc/contracts';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { githubWebhooks } from '../src/fastify.ts';
import { GitHubWebhookReceiver, isRepoId } from '../src/index.ts';
import { delivery, examples, SECRET } from './deliveries.ts';
import { derivedCases } from './derived.ts';
import { expectedActivities } from './expected.ts';
import { schemaErrors } from './schemas.ts';

let app: FastifyInstance;
let url: string;
let published: GitHubDelivery | undefined;
const receiver = new GitHubWebhookReceiver({
  secrets: [SECRET],
  publish: async (delivery) => {
    published = delivery;
    return { duplicate: false };
  },
});

beforeAll(async () => {
  app = Fastify();
  app.register(githubWebhooks, { receiver });
  url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/webhooks/github`;
});
afterAll(() => app.close());

/** Posts a delivery to the real route and returns what became of it, in the words of the table. */
async function post(event: string, payload: unknown): Promise<{ status: number; became: string }> {
  const before = receiver.stats().ignored;
  published = undefined;
  const { headers, body } = delivery(event, payload);
  const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) });
  const { status } = (await response.json()) as { status: string };
  const after = receiver.stats().ignored;
  const reason = Object.entries(after).find(([key, n]) => n > before[key as keyof typeof before])?.[0];
  const kept = published as GitHubDelivery | undefined;
  const told = kept?.isSilent ? 'counts' : (kept?.outcome ?? 'heard');
  return { status: response.status, became: kept ? told : (reason ?? status) };
}

describe('the 329 payloads that octokit publishes', () => {
  it('are answered with 2xx, each as its row in the table says', async () => {
    const became = new Map<string, Map<string, number>>();
    for (const { event, payload } of examples) {
      const answer = await post(event, payload);
      expect(answer.status, event).toBe(event === 'ping' ? 200 : 202);
      const { action } = payload;
      const row = typeof action === 'string' ? `${event}.${action}` : event;
      const counts = became.get(row) ?? new Map<string, number>();
      became.set(row, counts.set(answer.became, (counts.get(answer.became) ?? 0) + 1));
      if (published && !published.isSilent) expectWholesome(published);
    }
    const table = Object.fromEntries(
      [...became].map(([row, counts]) => [row, [...counts].map(([what, n]) => `${n} ${what}`).join(', ')]),
    );
    expect(examples).toHaveLength(329);
    expect(table).toEqual(expectedActivities);
  });
});

describe('payloads that the examples lack', () => {
  it('are many, each of its own', () => {
    expect(derivedCases.length).toBeGreaterThanOrEqual(60);
    expect(new Set(derivedCases.map(({ name }) => name)).size).toBe(derivedCases.length);
  });

  it.each(derivedCases)('$name', async ({ event, payload, expected }) => {
    expect(schemaErrors({ event, payload })).toBe('');
    const answer = await post(event, payload);
    expect(answer.status).toBe(202);
    if (typeof expected === 'string') expect(answer.became).toBe(expected);
    else {
      expect(published).toMatchObject(expected);
      if (published && !published.isSilent) expectWholesome(published);
    }
  });
});

/** What holds for every activity, whatever it speaks of. */
function expectWholesome(activity: GitHubActivity): void {
  expect(isRepoId(activity.repoId)).toBe(true);
  expect(activity.repositoryId).toBeGreaterThan(0);
  expect(activity.title).toMatch(/^\S.*\S$/u);
  expect(activity.title.length).toBeLessThanOrEqual(200);
  expect(activity.title).not.toMatch(/undefined|null|\[object|[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
  expect(activity.url).toMatch(/^https:\/\/github\.com\//);
  expect(activity.actor).toMatch(/^[\w-]+(?:\[bot\])?$/);
  for (const size of [activity.commits, activity.files, activity.additions, activity.deletions]) {
    expect(Number.isSafeInteger(size) && size >= 0).toBe(true);
  }
  expect(activity.occurredAt).toBeGreaterThan(Date.parse('2008-01-01'));
}
