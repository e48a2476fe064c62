import type { GitHubActivity, GitHubDelivery } from '@bnc/contracts';
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { delivery, example, SECRET } from '../test/deliveries.ts';
import { deleted, push as pushed, renamed, run, star, startMs, status } from '../test/payloads.ts';
import { GitHubWebhookReceiver, payloadOf, type RepositoryFact, type WebhookPing } from './index.ts';

const push = example('push');

afterEach(() => void vi.useRealTimers());

describe('GitHubWebhookReceiver', () => {
  it.each([
    [[], /at least one/],
    [[''], /secrets\[0\].*16 bytes; it has 0/],
    [['development'], /it has 11/],
    [[SECRET, 'fifteen bytes..'], /secrets\[1\].*15/],
  ])('refuses to be made with the secrets %j', (secrets, message) => {
    expect(() => new GitHubWebhookReceiver({ secrets })).toThrow(message);
    expect(() => new GitHubWebhookReceiver({ secrets })).toThrow(TypeError);
  });

  it.each(['maxBodyBytes', 'maxUnverifiedBytes', 'bodyTimeoutMs'])('refuses a %s of 0', (name) => {
    expect(() => new GitHubWebhookReceiver({ secrets: [SECRET], [name]: 0 })).toThrow(RangeError);
  });

  it('accepts a signed delivery and says what happened', async () => {
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET] });
    const receipt = await receiver.receive(delivery('push', push, { deliveryId: 'first' }));
    expect(receipt).toMatchObject({
      status: 'accepted',
      deliveryId: 'first',
      event: 'push',
      payload: push,
      delivery: { deliveryId: 'first', event: 'push', same: { state: 'created' } },
      activities: [],
    });
  });

  it('says at once what is certain at once, in the receipt and to the listener', async () => {
    const heard: GitHubActivity[] = [];
    const receiver = new GitHubWebhookReceiver({
      secrets: [SECRET],
      onActivity: (activity) => void heard.push(activity),
    });
    const receipt = await receiver.receive(delivery('push', pushed(0).payload, { deliveryId: 'first' }));
    expect(receipt).toMatchObject({
      status: 'accepted',
      activities: [{ deliveryId: 'first', act: 'first', title: 'Pushed 1 commit to main: Purr in tune', commits: 1 }],
    });
    expect(heard).toEqual(receipt.activities);
    expect(Object.keys(heard[0] ?? {})).not.toContain('same');
  });

  it('says later what is certain later, to the listener alone', async () => {
    vi.useFakeTimers({ now: startMs, toFake: ['Date', 'setTimeout', 'clearTimeout'] });
    const heard: string[] = [];
    const receiver = new GitHubWebhookReceiver({
      secrets: [SECRET],
      onActivity: ({ title }) => void heard.push(title),
    });
    const receipts = [
      await receiver.receive(delivery('delete', deleted(0, { branch: 'idea' }).payload)),
      await receiver.receive(delivery('status', status(0).payload)),
    ];
    expect(receipts.map(({ status: became, activities }) => [became, activities])).toEqual([
      ['accepted', []],
      ['accepted', []],
    ]);
    expect(heard).toEqual([]);
    await vi.advanceTimersByTimeAsync(3000);
    expect(heard).toEqual(['Deleted branch idea']);
    await vi.advanceTimersByTimeAsync(57_000);
    expect(heard).toEqual(['Deleted branch idea', 'ci/kitty passed on main']);
    expect(receiver.stats()).toMatchObject({ accepted: 2 });
  });

  it('gives a payload its documented type, whatever became of it', async () => {
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET] });
    const receipt = await receiver.receive(delivery('push', push));
    const payload = payloadOf(receipt, 'push');
    expect(payload?.ref).toBe(push.ref);
    expectTypeOf(payload?.commits[0]?.message).toEqualTypeOf<string | undefined>();
    expect(payloadOf(receipt, 'issues')).toBeUndefined();
    const unheard = await receiver.receive(delivery('security_advisory', example('security_advisory')));
    expect(unheard).toMatchObject({ status: 'ignored', event: 'security_advisory', activities: [] });
    expect(payloadOf(unheard, 'security_advisory')?.security_advisory.ghsa_id).toMatch(/^GHSA-/);
    const ping = await receiver.receive(delivery('ping', example('ping')));
    expect(payloadOf(ping, 'ping')?.zen).toBe(example('ping').zen);
  });

  it('keeps of a payload what its repository may hear, and not the payload', async () => {
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET] });
    const receipt = await receiver.receive(delivery('workflow_run', run(0).payload));
    const kept = 'delivery' in receipt ? receipt.delivery : undefined;
    expect(kept).toMatchObject({
      build: { of: 'run', id: 900, attempt: 1, hasEnded: true },
      bodyId: expect.any(String),
    });
    expect(JSON.stringify(kept).length).toBeLessThan(1500);
    expect(JSON.parse(JSON.stringify(kept))).toStrictEqual(kept);
  });

  it('reads a form body', async () => {
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET] });
    const body = Buffer.from(new URLSearchParams({ payload: JSON.stringify(push) }).toString());
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await receiver.receive(delivery('push', body, { headers }))).toMatchObject({ status: 'accepted' });
  });

  it('knows a redelivery, a replay under a new id, and the same happening through another hook', async () => {
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET] });
    const became = async (payload: unknown, deliveryId: string): Promise<string> =>
      (await receiver.receive(delivery('push', payload, { deliveryId }))).status;
    expect(await became(push, 'a')).toBe('accepted');
    expect(await became(push, 'a')).toBe('duplicate');
    expect(await became(push, 'b')).toBe('duplicate');
    expect(await became({ ...push, installation: { id: 1 }, organization: { id: 2 } }, 'c')).toBe('duplicate');
    expect(receiver.stats()).toMatchObject({ accepted: 1, duplicate: 3 });
  });

  it('accepts one of many deliveries of one id that arrive at once', async () => {
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET] });
    const receipts = await Promise.all(
      Array.from({ length: 20 }, () => receiver.receive(delivery('push', push, { deliveryId: 'same' }))),
    );
    expect(receipts.filter(({ status }) => status === 'accepted')).toHaveLength(1);
  });

  it('accepts the same again under another id when it is another happening', async () => {
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET] });
    const first = await receiver.receive(delivery('workflow_run', run(0).payload));
    const again = await receiver.receive(delivery('workflow_run', run(0, { attempt: 2 }).payload));
    expect([first, again].map((receipt) => receipt.status)).toEqual(['accepted', 'accepted']);
  });

  it('publishes before it resolves, and returns no activities itself', async () => {
    const published: GitHubDelivery[] = [];
    const keys: (readonly string[])[] = [];
    const heard: GitHubActivity[] = [];
    const receiver = new GitHubWebhookReceiver({
      secrets: [SECRET],
      onActivity: (activity) => void heard.push(activity),
      publish: async (kept, { dedupeId }) => {
        published.push(kept);
        keys.push(dedupeId);
        return { duplicate: published.length > 1 };
      },
    });
    const sent = pushed(0).payload;
    expect(await receiver.receive(delivery('push', sent, { deliveryId: 'one' }))).toMatchObject({
      status: 'accepted',
      delivery: { deliveryId: 'one' },
      activities: [],
    });
    expect(await receiver.receive(delivery('push', sent, { deliveryId: 'two' }))).toMatchObject({
      status: 'duplicate',
      activities: [],
    });
    expect(published.map(({ title }) => title)).toEqual(Array(2).fill('Pushed 1 commit to main: Purr in tune'));
    expect(keys).toEqual([['delivery:one'], ['delivery:two']]);
    expect(heard).toEqual([]);
  });

  it('names with a key what can happen once only, and with none what may happen again', async () => {
    const keys: (readonly string[])[] = [];
    const receiver = new GitHubWebhookReceiver({
      secrets: [SECRET],
      publish: async (_kept, { dedupeId }) => {
        keys.push(dedupeId);
        return { duplicate: false };
      },
    });
    const two = { installation: { id: 5 } };
    await receiver.receive(delivery('workflow_run', run(0).payload, { deliveryId: 'one' }));
    await receiver.receive(delivery('workflow_run', { ...run(0).payload, ...two }, { deliveryId: 'two' }));
    await receiver.receive(delivery('workflow_run', run(0, { attempt: 2 }).payload, { deliveryId: 'three' }));
    await receiver.receive(delivery('star', star(0, 'created').payload, { deliveryId: 'four' }));
    await receiver.receive(delivery('delete', deleted(0, { branch: 'idea' }).payload, { deliveryId: 'five' }));
    expect(keys.map(([id]) => id)).toEqual(['one', 'two', 'three', 'four', 'five'].map((id) => `delivery:${id}`));
    expect(keys.map(({ length }) => length)).toEqual([2, 2, 2, 2, 1]);
    expect(keys[0]?.[1]).toMatch(/^happening:[\w-]{22}$/);
    expect(keys[1]?.[1]).toBe(keys[0]?.[1]);
    expect(new Set(keys.map(([, happening]) => happening)).size).toBe(4);
  });

  it('refuses with 503 and keeps nothing when publishing fails', async () => {
    let down = true;
    const receiver = new GitHubWebhookReceiver({
      secrets: [SECRET],
      publish: async () => {
        if (down) throw new Error('the bus is down');
        return { duplicate: false };
      },
    });
    const sent = delivery('push', push);
    await expect(receiver.receive(sent)).rejects.toMatchObject({
      code: 'WEBHOOK_STORE_UNAVAILABLE',
      statusCode: 503,
      cause: { message: 'the bus is down' },
    });
    down = false;
    expect(await receiver.receive(sent)).toMatchObject({ status: 'accepted' });
  });

  it('passes a ping on', async () => {
    const pings: WebhookPing[] = [];
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET], onPing: (ping) => void pings.push(ping) });
    expect(await receiver.receive(delivery('ping', example('ping')))).toMatchObject({ status: 'ping' });
    expect(await receiver.receive(delivery('ping', { zen: 'of an organisation' }))).toMatchObject({ status: 'ping' });
    expect(pings).toMatchObject([{ repoId: 'Octocoders/Hello-World' }, {}]);
  });

  it('calls onFact with every delivery, also when it comes again', async () => {
    const facts: RepositoryFact[] = [];
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET], onFact: (fact) => void facts.push(fact) });
    const sent = delivery('repository', example('repository', 'privatized'), { deliveryId: 'p' });
    expect(await receiver.receive(sent)).toMatchObject({ status: 'ignored', reason: 'not_heard' });
    await receiver.receive(sent);
    expect(facts).toHaveLength(2);
    expect(facts[0]).toEqual({
      kind: 'privatized',
      repositoryId: 186853002,
      repoId: 'Codertocat/Hello-World',
      isPrivate: true,
      occurredAt: Date.parse('2019-05-15T15:21:02Z'),
      deliveryId: 'p',
    });
  });

  it('dates a deletion from when it came: the repository has the time of its last change', async () => {
    const facts: RepositoryFact[] = [];
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET], onFact: (fact) => void facts.push(fact) });
    const before = Date.now();
    await receiver.receive(delivery('repository', { ...example('repository', 'privatized'), action: 'deleted' }));
    expect(facts).toMatchObject([{ kind: 'deleted', repositoryId: 186853002 }]);
    expect(facts[0]?.occurredAt).toBeGreaterThanOrEqual(before);
  });

  it('ignores and counts what is not heard', async () => {
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET] });
    await receiver.receive(delivery('never_heard_of', push));
    await receiver.receive(delivery('issues', { ...example('issues'), action: 'juggled' }));
    await receiver.receive(delivery('issues', { ...example('issues'), action: 'constructor' }));
    await receiver.receive(delivery('security_advisory', example('security_advisory')));
    await receiver.receive(delivery('check_run', example('check_run', 'rerequested')));
    expect(receiver.stats().ignored).toEqual({ unknown_event: 1, unknown_action: 2, no_repository: 1, not_heard: 1 });
  });

  it('calls nameOf for the name that a repository had until now', async () => {
    const facts: RepositoryFact[] = [];
    const asked: number[] = [];
    const receiver = new GitHubWebhookReceiver({
      secrets: [SECRET],
      onFact: (fact) => void facts.push(fact),
      nameOf(repositoryId) {
        asked.push(repositoryId);
        return 'dogs/den';
      },
    });
    await receiver.receive(delivery('repository', renamed(0, 'cats/choir', 'band').payload));
    expect(facts).toMatchObject([{ kind: 'renamed', previousRepoId: 'dogs/den', repoId: 'cats/choir' }]);
    expect(asked).toEqual([42]);
  });

  it('says what is missing where a server signs with SHA-1 alone, and where none does', async () => {
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET] });
    const { headers, body } = delivery('push', push);
    const { 'x-hub-signature-256': _signature, ...unsigned } = headers;
    const old = { ...unsigned, 'x-hub-signature': 'sha1=9f4a3c' };
    await expect(receiver.receive({ headers: old, body })).rejects.toThrow(/SHA-1 only.*upgrade/);
    await expect(receiver.receive({ headers: unsigned, body })).rejects.toThrow(/set a secret/);
    await expect(
      receiver.receive({ headers: { ...headers, 'x-hub-signature': 'sha1=9f4a3c' }, body }),
    ).resolves.toMatchObject({
      status: 'accepted',
    });
    expect(receiver.stats().refused).toEqual({ WEBHOOK_SIGNATURE_MISSING: 2 });
  });

  it('says why a body that a relay rewrote is refused', async () => {
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET] });
    const { headers } = delivery('push', push);
    const body = Buffer.from(JSON.stringify(push, null, 2));
    await expect(receiver.receive({ headers, body })).rejects.toThrow(/rewrote the body/);
    expect(receiver.stats().refused).toEqual({ WEBHOOK_SIGNATURE_INVALID: 1 });
  });

  it('reads a stream within its limit', async () => {
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET], maxBodyBytes: 50_000 });
    const { headers, body } = delivery('push', push);
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < body.length; at += 7) yield body.subarray(at, at + 7);
    };
    expect(await receiver.receive({ headers, body: chunks() })).toMatchObject({ status: 'accepted' });
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.alloc(999);
    };
    await expect(receiver.receive({ headers, body: endless() })).rejects.toMatchObject({ statusCode: 413 });
    expect(receiver.stats().unverifiedBytes).toBe(0);
  });
});
