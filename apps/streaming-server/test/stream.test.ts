import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize } from '@bnc/buffer-serializer';
import { compose } from '@bnc/music-engine';
import { onsets, rms, toMono } from '@bnc/testing/sound';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { payloadOf } from './payloads.ts';
import { pushOf } from './pushes.ts';
import { operator, operatorToken, TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ adminTokens: [operatorToken] });
});
afterAll(() => server.close());

describe('a signed push', () => {
  test('that nobody has heard waits for a listener, and a HEAD request is none', async () => {
    const url = `${server.origin}/stream/octo/unheard?format=pcm-s16le`;
    await server.deliver('push', pushOf('octo/unheard', 341));
    const starts = async (): Promise<unknown[]> => {
      const history = await (await fetch(`${server.origin}/history/octo/unheard`)).json();
      return (history as { phrases: { startAt?: number }[] }).phrases.map(({ startAt }) => startAt);
    };
    await expect.poll(starts).toEqual([undefined]);
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(await starts()).toEqual([undefined]);
    await using listener = await SSEReader.open(url);
    expect([(await listener.next('audio_buffer')).data.startAt]).toEqual(await starts());
  });

  test('is heard by everyone in its room, as the same sound with the same words, and by nobody else', async () => {
    await using first = await SSEReader.open(`${server.origin}/stream/octo/heard`);
    await using second = await SSEReader.open(`${server.origin}/stream/Octo%2FHEARD`);
    await using other = await SSEReader.open(`${server.origin}/stream/octo/silent`);

    const answer = await server.deliver('push', payloadOf('push', 'octo/heard'), { deliveryId: 'delivery-1' });
    expect(answer).toMatchObject({ status: 202, body: { deliveryId: 'delivery-1', status: 'accepted' } });

    const { data, timestamp } = await first.next('audio_buffer');
    expect(timestamp).toBeGreaterThan(Date.now() - 60_000);
    expect(data).toMatchObject({
      repoId: 'octo/heard',
      speaksFor: 1,
      activity: { event: 'push', emotion: 'activity' },
    });
    expect(data.reasons.length).toBeGreaterThan(2);
    const twin = await second.next('audio_buffer');
    expect(twin.data.buffer).toEqual(data.buffer);
    expect(twin.data.startAt).toBe(data.startAt);

    // The seed's form, field by field.
    expect(Object.keys(data.buffer).toSorted()).toEqual([
      'channels',
      'duration',
      'length',
      'numberOfChannels',
      'sampleRate',
    ]);
    const buffer = await deserialize(data.buffer);
    expect(buffer.numberOfChannels).toBe(2);
    expect(buffer.duration).toBeGreaterThanOrEqual(data.params.duration);
    const mono = toMono(buffer);
    expect(rms(mono)).toBeGreaterThan(0.01);
    const firstNote = Math.min(...compose(data.params).tracks.flatMap(({ notes }) => notes.map(({ time }) => time)));
    expect(onsets(mono, buffer.sampleRate)[0]).toBeCloseTo(firstNote, 1);

    expect(other.all('audio_buffer')).toEqual([]);
  });

  test('makes one clip when the same delivery comes twice', async () => {
    await using listener = await SSEReader.open(`${server.origin}/stream/octo/twice?format=pcm-s16le`);
    const payload = payloadOf('push', 'octo/twice');
    const answers = await Promise.all([1, 2].map(() => server.deliver('push', payload, { deliveryId: 'same-1' })));
    expect(answers.map(({ body }) => String(body.status)).toSorted()).toEqual(['accepted', 'duplicate']);
    const late = await server.deliver('push', payload, { deliveryId: 'same-1' });
    expect(late).toMatchObject({ status: 202, body: { status: 'duplicate' } });

    await listener.next('audio_buffer');
    // A phrase of another repository is rendered after anything that the duplicates could have started.
    await using other = await SSEReader.open(`${server.origin}/stream/octo/other?format=pcm-s16le`);
    await server.deliver('push', payloadOf('push', 'octo/other'));
    await other.next('audio_buffer');
    expect(listener.all('audio_buffer')).toHaveLength(1);
  });

  test('makes no sound when its signature is wrong', async () => {
    await using listener = await SSEReader.open(`${server.origin}/stream/octo/forged?format=pcm-s16le`);
    const answer = await server.deliver('push', payloadOf('push', 'octo/forged'), {
      signature: `sha256=${'0'.repeat(64)}`,
    });
    expect(answer).toMatchObject({ status: 401, body: { statusCode: 401, code: 'WEBHOOK_SIGNATURE_INVALID' } });
    await server.deliver('push', payloadOf('push', 'octo/forged'), { deliveryId: 'right-1' });
    const heard = await listener.next('audio_buffer');
    expect(heard.data.speaksFor).toBe(1);
    expect(listener.all('audio_buffer')).toHaveLength(1);
  });

  test('gives byte-identical samples on two fresh servers', async () => {
    const payload = payloadOf('push');
    const hear = async (): Promise<unknown> => {
      await using server = await TestServer.start();
      await using listener = await SSEReader.open(`${server.origin}/stream/octo/cat?format=pcm-f32le`);
      await server.deliver('push', payload, { deliveryId: 'identical-1' });
      return (await listener.next('audio_buffer')).data.buffer;
    };
    const [first, second] = [await hear(), await hear()];
    expect(second).toEqual(first);
  });

  test('waits for somebody to listen, and is then heard', async () => {
    await server.deliver('push', payloadOf('push', 'octo/waits'));
    await using late = await SSEReader.open(`${server.origin}/stream/octo/waits?format=pcm-s16le`);
    const heard = await late.next('audio_buffer');
    expect(heard.data.activity.event).toBe('push');
  });
});

describe('pushes that come while a phrase sounds', () => {
  test('become one phrase that speaks for all of them', async () => {
    await using listener = await SSEReader.open(`${server.origin}/stream/octo/burst?format=pcm-s16le`);
    const push = (sha: string) =>
      server.deliver(
        'push',
        payloadOf('push', 'octo/burst', (payload) => {
          payload.after = sha.repeat(40);
          payload.head_commit = { ...(payload.head_commit as object), id: sha.repeat(40) };
        }),
      );
    await push('1');
    const first = await listener.next('audio_buffer');
    for (const sha of ['2', '3', '4']) await push(sha);
    const second = await listener.next('audio_buffer', 1, 30_000);
    expect(second.data.speaksFor).toBe(3);
    expect(second.data.startAt).toBeGreaterThanOrEqual(first.data.startAt + first.data.params.duration * 1000 - 1);
  });
});

describe('a webhook', () => {
  test('gets 200 for the ping that GitHub sends first, and its room hears of it', async () => {
    await using listener = await SSEReader.open(`${server.origin}/stream/octo/pings`);
    const ping = await server.deliver('ping', {
      zen: 'Keep it logically awesome.',
      hook_id: 1,
      repository: { id: 7, full_name: 'octo/pings', private: false },
    });
    expect(ping).toMatchObject({ status: 200, body: { status: 'ping' } });
    expect((await listener.next('hook')).data.event).toBe('ping');
  });

  test('gets 200 for a ping without a repository', async () => {
    expect((await server.deliver('ping', { zen: 'Speak like a human.' })).status).toBe(200);
  });
});

describe('a private repository', () => {
  test('is heard by no stranger: those who listen are closed, those who come get what an unknown one gets', async () => {
    await using stranger = await SSEReader.open(`${server.origin}/stream/octo/private?format=pcm-s16le`);
    await server.deliver(
      'push',
      payloadOf('push', 'octo/private', ({ repository }) => Object.assign(repository as object, { private: true })),
    );
    await stranger.ended;
    expect(stranger.all('disconnected')[0]?.data.code).toBe('STREAM_PRIVATE');
    expect(stranger.all('audio_buffer')).toEqual([]);

    await expect(SSEReader.open(`${server.origin}/stream/octo/private`)).rejects.toThrow(/^404 .*REPO_NOT_FOUND/);
    const health = await fetch(`${server.origin}/health/repo/octo/private`);
    expect(health.status).toBe(404);
    await using owner = await SSEReader.open(`${server.origin}/stream/octo/private?format=pcm-s16le`, operator);
    expect((await owner.next('audio_buffer')).data.repoId).toBe('octo/private');
  });

  test('that turns public is not played again to those who listen when the first stranger comes', async () => {
    const operator = { authorization: 'Bearer operator-token-of-32-bytes-or-more' };
    const push = (isPrivate: boolean, sha: string) =>
      server.deliver(
        'push',
        payloadOf('push', 'octo/opened', (payload) => {
          payload.after = sha.repeat(40);
          Object.assign(payload.repository as object, { private: isPrivate });
        }),
      );
    await push(true, '1');
    await using owner = await SSEReader.open(`${server.origin}/stream/octo/opened?format=pcm-s16le`, operator);
    await owner.next('audio_buffer');
    await push(false, '2');
    await owner.next('audio_buffer', 1, 30_000);
    await using stranger = await SSEReader.open(`${server.origin}/stream/octo/opened?format=pcm-s16le`);
    await push(false, '3');
    await stranger.next('audio_buffer', 0, 30_000);
    await owner.next('audio_buffer', 2, 30_000);
    const ids = owner.ids.filter((id) => id !== undefined);
    expect(ids).toHaveLength(new Set(ids).size);
  });

  test('is all there is where access is denied by default', async () => {
    await using server = await TestServer.start({ streamDefaultAccess: 'deny' });
    await expect(SSEReader.open(`${server.origin}/stream/octo/cat`)).rejects.toThrow(/^404/);
    await server.deliver('push', payloadOf('push'));
    await using listener = await SSEReader.open(`${server.origin}/stream/octo/cat?format=pcm-s16le`);
    expect((await listener.next('audio_buffer')).data.repoId).toBe('octo/cat');
  });
});

describe('a server that stops', () => {
  test('says goodbye on every stream with a time to come back, and closes at once', async () => {
    const server = await TestServer.start();
    await using listener = await SSEReader.open(`${server.origin}/stream/octo/cat`);
    await server.close();
    await listener.ended;
    expect(listener.all('disconnected')[0]?.data).toMatchObject({ code: 'STREAM_SHUTDOWN' });
    expect(listener.retryMs).toBeLessThanOrEqual(250);
  });
});

describe('a server that starts again', () => {
  test('plays the newest phrase for an hour after it started, and counts only what it sends itself', async () => {
    const { now } = Date;
    let aheadMs = 0;
    vi.spyOn(Date, 'now').mockImplementation(() => now() + aheadMs);
    const dataDir = mkdtempSync(join(tmpdir(), 'bnc-again-'));
    onTestFinished(() => {
      vi.restoreAllMocks();
      rmSync(dataDir, { recursive: true });
    });
    {
      await using server = await TestServer.start({ dataDir });
      await using listener = await SSEReader.open(`${server.origin}/stream/octo/again?format=pcm-s16le`);
      await server.deliver('push', payloadOf('push', 'octo/again'));
      await listener.next('audio_buffer');
    }
    aheadMs += 50 * 60_000;
    await using server = await TestServer.start({ dataDir });
    await using stays = await SSEReader.open(`${server.origin}/stream/octo/again?format=pcm-s16le`);
    await stays.next('audio_buffer');
    const health = (await (await fetch(`${server.origin}/health`)).json()) as Record<string, unknown>;
    expect(health).toMatchObject({ totalBuffersCreated: 0, rendered: 0 });
    aheadMs += 20 * 60_000;
    await using late = await SSEReader.open(`${server.origin}/stream/octo/again?format=pcm-s16le`);
    await server.deliver('ping', { zen: 'z', hook_id: 1, repository: payloadOf('push', 'octo/again').repository });
    await late.next('hook');
    expect(late.all('audio_buffer')).toEqual([]);
  });
});
