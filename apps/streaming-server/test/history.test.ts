import { describe, expect, test } from 'vitest';
import { pushOf } from './pushes.ts';
import { operator, operatorToken, TestServer } from './server.ts';

describe('the phrases of a room', { timeout: 60_000 }, () => {
  test('can be read page by page by those who may listen', async () => {
    await using server = await TestServer.start({ adminTokens: [operatorToken] });
    for (let index = 0; index < 3; index++) await server.deliver('push', pushOf('octo/cat', 310));
    const read = async (query: string, headers = {}): Promise<Response> =>
      fetch(`${server.origin}/history/octo/cat${query}`, { headers });
    await expect.poll(async () => ((await (await read('')).json()) as { phrases: [] }).phrases.length).toBe(3);
    const page = (await (await read('?limit=2')).json()) as { repoId: string; phrases: { phraseId: string }[] };
    expect(page.phrases).toHaveLength(2);
    const rest = (await (await read(`?before=${page.phrases[1]?.phraseId}`)).json()) as typeof page;
    expect(rest.phrases).toHaveLength(1);
    expect(rest.phrases[0]).toMatchObject({ repoId: 'octo/cat', speaksFor: 1, activity: { event: 'push' } });
    for (const query of ['?limit=0', '?limit=101', '?limit=x']) expect((await read(query)).status).toBe(400);
    await server.deliver('push', pushOf('octo/cat', 310, true));
    expect((await read('')).status).toBe(404);
    expect((await read('', operator)).status).toBe(200);
  });
});
