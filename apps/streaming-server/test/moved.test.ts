import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repositoryOf } from './builds.ts';
import { operator, operatorToken, TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ adminTokens: [operatorToken] });
});
afterAll(() => server.close());

function push(repoId: string, id: number, after: string): object {
  return {
    ref: 'refs/heads/main',
    before: '0a'.repeat(20),
    after: after.repeat(20),
    commits: [{ id: after.repeat(20), message: after }],
    head_commit: { message: after },
    ...repositoryOf(repoId, id),
  };
}

function privatePush(repoId: string, id: number, after: string): object {
  const payload = push(repoId, id, after) as { repository: object };
  Object.assign(payload.repository, { private: true });
  return payload;
}

function renamed(repoId: string, id: number, from: string): object {
  return {
    action: 'renamed',
    changes: { repository: { name: { from } } },
    ...repositoryOf(repoId, id),
  };
}

describe('a repository that is renamed while people listen', () => {
  test('tells them, leads them on under the old name, and is heard there', async () => {
    await server.deliver('push', push('choir/old', 77, 'b1'));
    await using listener = await SSEReader.open(`${server.origin}/stream/choir/old?format=pcm-s16le`);
    await listener.next('audio_buffer');
    // While a phrase sounds, more happens than the new name: it waits for the bar line, and is not lost.
    await server.deliver('push', push('choir/old', 77, 'b9'));
    await server.deliver('repository', renamed('choir/new', 77, 'old'));
    await listener.ended;
    expect(listener.all('moved')[0]?.data).toEqual({ from: 'choir/old', to: 'choir/new' });
    expect(listener.all('disconnected')[0]?.data.code).toBe('STREAM_MOVED');

    await using again = await SSEReader.open(`${server.origin}/stream/choir/old?format=pcm-s16le`);
    expect(again.all('connected')[0]?.data).toMatchObject({
      message: 'Listening to choir/new',
      repoId: 'choir/new',
    });
    const told = async (): Promise<string[]> =>
      again.all('audio_buffer').flatMap(({ data }) => data.tells?.map(({ title }) => title) ?? []);
    await expect.poll(told, { timeout: 20_000 }).toContain('Renamed the repository from choir/old to choir/new');
    expect(await told()).toContain('Pushed 1 commit to main: b9');
    expect(again.all('audio_buffer').at(-1)?.data.repoId).toBe('choir/new');
  });

  test('is followed to another owner', async () => {
    await server.deliver('push', push('choir/song', 70, 'b5'));
    await using listener = await SSEReader.open(`${server.origin}/stream/choir/song?format=pcm-s16le`);
    await listener.next('audio_buffer');
    const transferred = {
      action: 'transferred',
      changes: { owner: { from: { user: { login: 'choir' } } } },
      ...repositoryOf('band/song', 70),
    };
    await server.deliver('repository', transferred);
    await listener.ended;
    expect(listener.all('moved')[0]?.data).toEqual({ from: 'choir/song', to: 'band/song' });
    await using again = await SSEReader.open(`${server.origin}/stream/choir/song?format=pcm-s16le`, {
      'last-event-id': listener.ids.findLast(Boolean) ?? '',
    });
    expect(again.all('connected')[0]?.data).toMatchObject({ repoId: 'band/song', resumed: 'replayed' });
    await server.deliver('push', push('band/song', 70, 'b6'));
    const told = (): string[] => again.all('audio_buffer').map(({ data }) => data.repoId);
    await expect.poll(told, { timeout: 20_000 }).toContain('band/song');
  });

  test('is gone when it is deleted: a private one of its name closes to those who listened', async () => {
    await server.deliver('push', push('solo/gone', 71, 'b7'));
    await using listener = await SSEReader.open(`${server.origin}/stream/solo/gone?format=pcm-s16le`);
    await listener.next('audio_buffer');
    await server.deliver('repository', { action: 'deleted', ...repositoryOf('solo/gone', 71) });
    const stranger = push('solo/gone', 72, 'b8') as { repository: object };
    Object.assign(stranger.repository, { private: true });
    await server.deliver('push', stranger);
    await listener.ended;
    expect(listener.all('disconnected')[0]?.data.code).toBe('STREAM_PRIVATE');
    expect(listener.all('audio_buffer').flatMap(({ data }) => data.activity.title)).not.toContain(
      'Pushed 1 commit to main: b8',
    );
    await expect(SSEReader.open(`${server.origin}/stream/solo/gone`)).rejects.toThrow(/^404/);
  });

  test('leaves its old name to another repository, which inherits no listener', async () => {
    await server.deliver('push', push('band/old', 78, 'b2'));
    await server.deliver('repository', renamed('band/new', 78, 'old'));
    await server.deliver('push', privatePush('band/old', 79, 'b3'));
    await expect(SSEReader.open(`${server.origin}/stream/band/old`)).rejects.toThrow(/^404/);
    await using listener = await SSEReader.open(`${server.origin}/stream/band/new?format=pcm-s16le`);
    expect((await listener.next('audio_buffer')).data.repoId).toBe('band/new');
  });

  test('leaves nothing that it played under its old name to those who come for its successor', async () => {
    await server.deliver('push', privatePush('duet/old', 80, 'b4'));
    await using insider = await SSEReader.open(`${server.origin}/stream/duet/old?format=pcm-s16le`, operator);
    await insider.next('audio_buffer');
    await server.deliver('push', privatePush('duet/old', 80, 'b5'));
    await insider.next('audio_buffer', 1);
    await server.deliver('push', privatePush('duet/new', 80, 'b6'));
    await insider.ended;
    await server.deliver('push', push('duet/old', 81, 'b7'));
    const firstId = insider.ids.find((id) => id !== undefined) ?? '';
    await using stranger = await SSEReader.open(`${server.origin}/stream/duet/old?format=pcm-s16le`, {
      'last-event-id': firstId,
    });
    await stranger.next('audio_buffer');
    const titles = stranger.all('audio_buffer').flatMap(({ data }) => data.tells?.map(({ title }) => title) ?? []);
    expect(titles).toEqual(['Pushed 1 commit to main: b7']);
  });

  test('does not keep those who come while it is renamed', async () => {
    await using first = await SSEReader.open(`${server.origin}/stream/trio/old?format=pcm-s16le`);
    for (const after of ['c1', 'c2', 'c3']) {
      await server.deliver('push', push('trio/old', 83, after));
      await first.next('audio_buffer', first.all('audio_buffer').length);
    }
    const firstId = first.ids.find((id) => id !== undefined) ?? '';
    // What they have missed is made for them in another form: that takes a while.
    const opening = SSEReader.open(`${server.origin}/stream/trio/old?format=flac`, { 'last-event-id': firstId });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await server.deliver('push', push('trio/new', 83, 'c4'));
    await using late = await opening;
    // Their stream ends, so that they come again: the old name leads to the new one.
    const silence = new Promise((resolve) => setTimeout(resolve, 5_000, 'silence'));
    expect(await Promise.race([late.ended, silence])).not.toBe('silence');
  });
});
