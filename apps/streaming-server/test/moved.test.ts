import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repositoryOf } from './builds.ts';
import { TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.close());

const push = (repoId: string, id: number, after: string): object => ({
  ref: 'refs/heads/main',
  before: '0a'.repeat(20),
  after: after.repeat(20),
  commits: [{ id: after.repeat(20), message: after }],
  head_commit: { message: after },
  ...repositoryOf(repoId, id),
});
const renamed = (repoId: string, id: number, from: string): object => ({
  action: 'renamed',
  changes: { repository: { name: { from } } },
  ...repositoryOf(repoId, id),
});

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

  test('leaves its old name to another repository, which inherits no listener', async () => {
    await server.deliver('push', push('band/old', 78, 'b2'));
    await server.deliver('repository', renamed('band/new', 78, 'old'));
    const stranger = push('band/old', 79, 'b3') as { repository: object };
    Object.assign(stranger.repository, { private: true });
    await server.deliver('push', stranger);
    await expect(SSEReader.open(`${server.origin}/stream/band/old`)).rejects.toThrow(/^404/);
    await using listener = await SSEReader.open(`${server.origin}/stream/band/new?format=pcm-s16le`);
    expect((await listener.next('audio_buffer')).data.repoId).toBe('band/new');
  });
});
