import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SerializedBuffer } from '@bnc/contracts';
import { startRedis } from '@bnc/testing/redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jobOf, runOf } from './builds.ts';
import { payloadOf } from './payloads.ts';
import { deliver } from './server.ts';
import { killAll, runServer, settingsFor, useFolder } from './server-process.ts';
import { SSEReader } from './sse-reader.ts';

function urlOf(buffer: SerializedBuffer): string {
  return 'renditions' in buffer ? (buffer.renditions[0]?.url ?? '') : '';
}

/** Rooms whose stories cross one kill -9. */
describe('a server that is killed and started again', { timeout: 120_000 }, () => {
  const data = mkdtempSync(join(tmpdir(), 'bnc-killed-'));
  const ids: string[] = [];
  let clipUrl = '';
  let missedId: string | undefined;
  let again = '';

  const firstId = (reader: SSEReader): string => reader.ids.find((id) => id !== undefined && id !== '') ?? '';
  /** Settles when everything that was on its way to a room has come. */
  const settled = async (reader: SSEReader, repoId: string): Promise<void> => {
    const repository = payloadOf('push', repoId).repository;
    await deliver(again, 'ping', { zen: 'Keep it logically awesome.', hook_id: 1, repository });
    await reader.next('hook');
  };

  beforeAll(async () => {
    const first = runServer([], settingsFor(data, { DEMO: 'off' }));
    const origin = await first.origin();
    await deliver(
      origin,
      'push',
      payloadOf('push', 'octo/secret', ({ repository }) => Object.assign(repository as object, { private: true })),
    );
    // Two rooms have heard a phrase; then one misses what another listener hears, the other what nobody hears.
    const leavers = await Promise.all(
      ['octo/cat', 'octo/dog'].map((room) => SSEReader.open(`${origin}/stream/${room}?delivery=url&format=flac`)),
    );
    const stayer = await SSEReader.open(`${origin}/stream/octo/cat?format=pcm-s16le`);
    for (const room of ['octo/cat', 'octo/dog']) await deliver(origin, 'push', payloadOf('push', room));
    for (const leaver of leavers) {
      clipUrl = urlOf((await leaver.next('audio_buffer', 0, 60_000)).data.buffer);
      ids.push(firstId(leaver));
      await leaver.close();
    }
    await deliver(origin, 'pull_request', payloadOf('pull_request', 'octo/cat'));
    await stayer.next('audio_buffer', 1, 60_000);
    missedId = stayer.ids.at(-1);
    await deliver(origin, 'pull_request', payloadOf('pull_request', 'octo/dog'));
    // Killed in the middle of a run too: one job has failed, and the run before it was green.
    await deliver(origin, 'workflow_run', runOf('octo/fox', 'success'));
    await deliver(origin, 'workflow_job', jobOf('octo/fox', 'unit', 'failure', 2));
    // Killed in the middle of a render, and right after a 202.
    const listener = await SSEReader.open(`${origin}/stream/octo/owl?format=pcm-s16le`);
    await deliver(origin, 'push', payloadOf('push', 'octo/owl'));
    await deliver(origin, 'push', payloadOf('push', 'octo/elk'), { deliveryId: 'survivor-1' });
    first.child.kill('SIGKILL');
    await first.ended;
    expect(listener.all('audio_buffer')).toEqual([]);
    await Promise.all([stayer.close(), listener.close()]);
    again = await runServer([], settingsFor(data, { DEMO: 'off' })).origin();
  }, 120_000);
  afterAll(() => {
    killAll();
    rmSync(data, { recursive: true, force: true });
  });

  test('plays a delivery that was accepted just before, once', async () => {
    await using listener = await SSEReader.open(`${again}/stream/octo/elk?format=pcm-s16le`);
    const heard = await listener.next('audio_buffer', 0, 60_000);
    expect(heard.data).toMatchObject({ repoId: 'octo/elk', speaksFor: 1 });
    const repeated = await deliver(again, 'push', payloadOf('push', 'octo/elk'), { deliveryId: 'survivor-1' });
    expect(repeated.body.status).toBe('duplicate');
    await settled(listener, 'octo/elk');
    expect(listener.all('audio_buffer')).toHaveLength(1);
  });

  test('plays a phrase whose render was cut off', async () => {
    await using returned = await SSEReader.open(`${again}/stream/octo/owl?format=pcm-s16le`);
    expect((await returned.next('audio_buffer', 0, 60_000)).data.activity.event).toBe('push');
  });

  test('tells the verdict of a run that was open, with the job that had failed, and what it means for the branch', async () => {
    await using listener = await SSEReader.open(`${again}/stream/octo/fox?format=pcm-s16le`);
    expect((await listener.next('audio_buffer', 0, 60_000)).data.activity.title).toBe('CI passed on main');
    await deliver(again, 'workflow_run', runOf('octo/fox', 'failure', 2));
    const red = await listener.next('audio_buffer', 1, 60_000);
    expect(red.data.activity).toMatchObject({ title: 'CI failed on main (attempt 2): unit', emotion: 'tension' });
  });

  test('keeps a private repository private', async () => {
    await expect(SSEReader.open(`${again}/stream/octo/secret`)).rejects.toThrow(/^404/);
  });

  test('replays exactly what a listener has missed, in any form, and still serves the clips', async () => {
    expect((await fetch(`${again}${clipUrl}`, { method: 'HEAD' })).status).toBe(200);
    for (const query of ['delivery=url&format=flac', 'format=pcm-s16le', 'format=json']) {
      await using returned = await SSEReader.open(`${again}/stream/octo/cat?${query}`, {
        'last-event-id': ids[0] ?? '',
      });
      expect(returned.all('connected')[0]?.data).toMatchObject({ resumed: 'replayed', missed: 0 });
      const { data } = await returned.next('audio_buffer', 0, 60_000);
      expect(data.activity.event).toBe('pull_request');
      expect(firstId(returned)).toBe(missedId);
      if (query.startsWith('delivery')) expect((await fetch(`${again}${urlOf(data.buffer)}`)).status).toBe(200);
      await settled(returned, 'octo/cat');
      expect(returned.all('audio_buffer')).toHaveLength(1);
    }
    // Whoever has missed nothing is sent nothing.
    await using current = await SSEReader.open(`${again}/stream/octo/cat?lastEventId=${missedId}`);
    expect(current.all('connected')[0]?.data.resumed).toBe('replayed');
    await settled(current, 'octo/cat');
    expect(current.all('audio_buffer')).toEqual([]);
  });

  test('renders what nobody has heard for the listener who comes back, once', async () => {
    await using returned = await SSEReader.open(`${again}/stream/octo/dog?lastEventId=${ids[1]}`);
    expect(returned.all('connected')[0]?.data.resumed).toBe('replayed');
    expect((await returned.next('audio_buffer', 0, 60_000)).data.activity.event).toBe('pull_request');
    await settled(returned, 'octo/dog');
    expect(returned.all('audio_buffer')).toHaveLength(1);
  });

  test('tells whoever comes with a foreign id that it cannot go on there', async () => {
    for (const id of ['nonsense', `${ids[1]}0`, ids[1] ?? '']) {
      await using stranger = await SSEReader.open(`${again}/stream/octo/cat`, { 'last-event-id': id });
      expect(stranger.all('connected')[0]?.data.resumed).toBe('truncated');
      expect((await stranger.next('audio_buffer', 0, 60_000)).data.activity.event).toBe('pull_request');
    }
  });
});

describe('two servers on one Redis', { timeout: 120_000 }, () => {
  const folder = useFolder();

  test('render a delivery once, and listeners of both hear it at one time', async () => {
    const redis = await startRedis({ appendonly: 'everysec' });
    try {
      const [one, two] = ['one', 'two'].map((name) =>
        runServer([], settingsFor(join(folder(), name), { DEMO: 'off', REDIS_URL: redis.url })),
      );
      const origins = await Promise.all([one?.origin() ?? '', two?.origin() ?? '']);
      const listeners = await Promise.all(
        origins.map((origin) => SSEReader.open(`${origin}/stream/octo/cat?delivery=url&format=flac`)),
      );
      const answer = await deliver(origins[0] ?? '', 'push', payloadOf('push'), { deliveryId: 'shared-1' });
      expect(answer.status).toBe(202);
      const heard = await Promise.all(listeners.map((listener) => listener.next('audio_buffer', 0, 60_000)));
      expect(heard[1]?.data.buffer).toEqual(heard[0]?.data.buffer);
      expect(heard[1]?.data.startAt).toBe(heard[0]?.data.startAt);
      expect(listeners[1]?.ids).toEqual(listeners[0]?.ids);
      for (const origin of origins) {
        expect((await fetch(`${origin}${heard[0] && urlOf(heard[0].data.buffer)}`)).status).toBe(200);
      }

      // The other server knows the delivery too, and the next phrase is again the only one.
      const repeated = await deliver(origins[1] ?? '', 'push', payloadOf('push'), { deliveryId: 'shared-1' });
      expect(repeated.body.status).toBe('duplicate');
      await deliver(origins[1] ?? '', 'pull_request', payloadOf('pull_request'));
      for (const listener of listeners) {
        expect((await listener.next('audio_buffer', 1, 60_000)).data.activity.event).toBe('pull_request');
      }

      // Jobs are taken by one server, the end of their run by the other: the verdict names them.
      await using builds = await SSEReader.open(`${origins[0]}/stream/octo/fox?delivery=url&format=flac`);
      await deliver(origins[0] ?? '', 'workflow_job', jobOf('octo/fox', 'unit', 'failure'));
      await deliver(origins[1] ?? '', 'workflow_run', runOf('octo/fox', 'failure'));
      expect((await builds.next('audio_buffer', 0, 60_000)).data.activity.title).toBe('CI failed on main: unit');

      const rendered = await Promise.all(
        origins.map(
          async (origin) => ((await (await fetch(`${origin}/health`)).json()) as { rendered: number }).rendered,
        ),
      );
      expect(rendered.reduce((sum, count) => sum + count, 0)).toBe(3);
      await Promise.all(listeners.map((listener) => listener.close()));
    } finally {
      killAll();
      await redis.stop();
    }
  });

  test('make a repository private on both at once', async () => {
    const redis = await startRedis({ appendonly: 'everysec' });
    try {
      const origins = await Promise.all(
        ['one', 'two'].map((name) =>
          runServer([], settingsFor(join(folder(), name), { DEMO: 'off', REDIS_URL: redis.url })).origin(),
        ),
      );
      await using stranger = await SSEReader.open(`${origins[1]}/stream/octo/cat`);
      await deliver(
        origins[0] ?? '',
        'push',
        payloadOf('push', 'octo/cat', ({ repository }) => Object.assign(repository as object, { private: true })),
      );
      await stranger.ended;
      expect(stranger.all('disconnected')[0]?.data.code).toBe('STREAM_PRIVATE');
      await expect(SSEReader.open(`${origins[1]}/stream/octo/cat`)).rejects.toThrow(/^404/);
    } finally {
      killAll();
      await redis.stop();
    }
  });
});
