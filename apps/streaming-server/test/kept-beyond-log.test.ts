import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { jobOf, repositoryOf } from './builds.ts';
import { pushOf } from './pushes.ts';
import { TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

describe('what outlives the log', { timeout: 60_000 }, () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'bnc-cut-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  test('is who is private, what a repository is called, and what a room played last', async () => {
    const first = await TestServer.start({ dataDir });
    await first.deliver('push', pushOf('octo/secret', 330, true));
    await first.deliver('push', pushOf('octo/old', 331));
    await first.deliver('push', pushOf('octo/new', 331));
    const listener = await SSEReader.open(`${first.origin}/stream/octo/new?format=pcm-s16le`);
    const { data } = await listener.next('audio_buffer', 0, 30_000);
    const [lastId = ''] = listener.ids.slice(-1);
    await listener.close();
    await first.close();
    const log = new DatabaseSync(join(dataDir, 'events.sqlite'));
    log.exec(
      "UPDATE meta SET value = (SELECT max(seq) FROM events) WHERE name = 'floor'; DELETE FROM events WHERE seq < (SELECT max(seq) FROM events); DELETE FROM heads",
    );
    log.close();

    await using second = await TestServer.start({ dataDir });
    await expect(SSEReader.open(`${second.origin}/stream/octo/secret`)).rejects.toThrow(/^404/);
    await using late = await SSEReader.open(`${second.origin}/stream/octo/old?format=pcm-s16le`);
    expect(late.all('connected')[0]?.data.repoId).toBe('octo/new');
    const again = await late.next('audio_buffer', 0, 30_000);
    expect(again.data).toMatchObject({ startAt: data.startAt, params: data.params });
    await using returned = await SSEReader.open(`${second.origin}/stream/octo/new?format=pcm-s16le`, {
      'last-event-id': lastId,
    });
    expect(returned.all('connected')[0]?.data.resumed).toBe('replayed');
  });

  test('is made again from the log when it is gone, and nothing is told twice', async () => {
    const first = await TestServer.start({ dataDir });
    await first.deliver('push', pushOf('octo/secret', 334, true));
    await first.deliver('workflow_job', jobOf('octo/cat', 'unit', 'success'));
    const listener = await SSEReader.open(`${first.origin}/stream/octo/cat?format=pcm-s16le`);
    const { repository } = repositoryOf('octo/cat') as { repository: { id: number } };
    await first.deliver('push', pushOf('octo/cat', repository.id));
    const { data } = await listener.next('audio_buffer', 0, 30_000);
    await listener.close();
    await first.close();
    for (const name of readdirSync(dataDir).filter((file) => file.startsWith('rooms.sqlite'))) {
      rmSync(join(dataDir, name));
    }

    await using second = await TestServer.start({ dataDir });
    await expect(SSEReader.open(`${second.origin}/stream/octo/secret`)).rejects.toThrow(/^404/);
    await using late = await SSEReader.open(`${second.origin}/stream/octo/cat?format=pcm-s16le`);
    expect((await late.next('audio_buffer', 0, 30_000)).data.startAt).toBe(data.startAt);
    const history = await fetch(`${second.origin}/history/octo/cat`);
    expect(((await history.json()) as { phrases: [] }).phrases).toHaveLength(1);
  });

  test('is its beat: a room that starts again goes on where it was', async () => {
    const bodies: number[] = [];
    const tempos = new Set<number>();
    const hear = async (server: TestServer): Promise<void> => {
      await using listener = await SSEReader.open(`${server.origin}/stream/octo/steady?format=score`);
      const before = listener.all('audio_buffer').length;
      await server.deliver('push', pushOf('octo/steady', 332));
      const { startAt, params } = (await listener.next('audio_buffer', before, 30_000)).data;
      bodies.push(startAt + (params.upbeat ?? 0) * 1000);
      tempos.add(params.tempo);
    };
    const server = await TestServer.start({ dataDir });
    await hear(server);
    await server.close();
    await using again = await TestServer.start({ dataDir });
    await hear(again);
    const [first = 0, second = 0] = bodies;
    const [tempo = 0] = tempos;
    expect(second).toBeGreaterThan(first);
    expect(tempos.size).toBe(1);
    const beats = ((second - first) * tempo) / 60_000;
    expect(Math.abs(beats - Math.round(beats))).toBeLessThan(0.01);
  });
});
