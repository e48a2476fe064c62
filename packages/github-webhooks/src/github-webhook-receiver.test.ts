import type { GitHubActivity } from '@bnc/contracts';
import { describe, expect, it } from 'vitest';
import { delivery, example, SECRET } from '../test/deliveries.ts';
import { GitHubWebhookReceiver, type RepositoryFact, type WebhookPing } from './index.ts';

const push = example('push');

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
      activity: { deliveryId: 'first', event: 'push', repoId: 'Codertocat/Hello-World', repositoryId: 186853002 },
    });
  });

  it('reads a form body', async () => {
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET] });
    const body = Buffer.from(new URLSearchParams({ payload: JSON.stringify(push) }).toString());
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await receiver.receive(delivery('push', body, { headers }))).toMatchObject({ status: 'accepted' });
  });

  it('knows a redelivery, a replay under a new id, and the same happening through another hook', async () => {
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET] });
    const status = async (payload: unknown, deliveryId: string): Promise<string> =>
      (await receiver.receive(delivery('push', payload, { deliveryId }))).status;
    expect(await status(push, 'a')).toBe('accepted');
    expect(await status(push, 'a')).toBe('duplicate');
    expect(await status(push, 'b')).toBe('duplicate');
    expect(await status({ ...push, installation: { id: 1 }, organization: { id: 2 } }, 'c')).toBe('duplicate');
    expect(receiver.stats()).toMatchObject({ accepted: 1, duplicate: 3 });
  });

  it('accepts one of many deliveries of one id that arrive at once', async () => {
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET] });
    const receipts = await Promise.all(
      Array.from({ length: 20 }, () => receiver.receive(delivery('push', push, { deliveryId: 'same' }))),
    );
    expect(receipts.filter(({ status }) => status === 'accepted')).toHaveLength(1);
  });

  it('publishes before it answers, with the keys that name the happening', async () => {
    const published: GitHubActivity[] = [];
    const keys: (readonly string[])[] = [];
    const receiver = new GitHubWebhookReceiver({
      secrets: [SECRET],
      publish: async (activity, { dedupeId }) => {
        published.push(activity);
        keys.push(dedupeId);
        return { duplicate: published.length > 1 };
      },
    });
    expect(await receiver.receive(delivery('push', push, { deliveryId: 'one' }))).toMatchObject({ status: 'accepted' });
    expect(await receiver.receive(delivery('push', push, { deliveryId: 'two' }))).toMatchObject({
      status: 'duplicate',
    });
    const [first = [], second = []] = keys;
    expect(first[0]).toBe('delivery:one');
    expect(first[1]).toMatch(/^body:[0-9a-f]{64}$/);
    expect(first[2]).toMatch(/^happening:[0-9a-f]{64}$/);
    expect(second).toEqual(['delivery:two', ...first.slice(1)]);
  });

  it('answers 503 and keeps nothing when publishing fails', async () => {
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

  it('tells facts with every delivery, also when it comes again', async () => {
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

  it('ignores and counts what is not heard', async () => {
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET] });
    await receiver.receive(delivery('never_heard_of', push));
    await receiver.receive(delivery('issues', { ...example('issues'), action: 'juggled' }));
    await receiver.receive(delivery('issues', { ...example('issues'), action: 'constructor' }));
    await receiver.receive(delivery('security_advisory', example('security_advisory')));
    await receiver.receive(delivery('check_run', example('check_run', 'created')));
    expect(receiver.stats().ignored).toEqual({ unknown_event: 1, unknown_action: 2, no_repository: 1, not_heard: 1 });
  });

  it('says why a body that was written anew is refused', async () => {
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET] });
    const { headers } = delivery('push', push);
    const body = Buffer.from(JSON.stringify(push, null, 2));
    await expect(receiver.receive({ headers, body })).rejects.toThrow(/wrote the body anew/);
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
