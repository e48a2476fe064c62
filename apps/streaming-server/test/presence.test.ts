import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

describe('the listeners of a room', { timeout: 60_000 }, () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.close());

  const open = (room: string, format = 'score'): Promise<SSEReader> =>
    SSEReader.open(`${server.origin}/stream/${room}?format=${format}`);

  test('are told once how many they are, where many come together, and nobody else is', async () => {
    await using elsewhere = await open('octo/elsewhere');
    await using seed = await open('octo/cat', 'json');
    const crowd = await Promise.all(Array.from({ length: 20 }, () => open('octo/cat')));
    const counts = await Promise.all(crowd.map(async (one) => (await one.next('presence')).data.listeners));
    expect(new Set(counts)).toEqual(new Set([21]));
    expect((await elsewhere.next('presence')).data.listeners).toBe(1);
    // A client of the first design receives what it knows, and nothing else.
    expect(seed.all('presence')).toEqual([]);
    await Promise.all(crowd.map((one) => one.close()));
  });

  test('learn which page the server has, by the name that the page gives itself', async () => {
    await using listener = await open('octo/cat');
    const { build } = listener.all('connected')[0]?.data ?? {};
    expect(build).toMatch(/^[\da-f]{12}$/);
    expect(await (await fetch(`${server.origin}/`)).text()).toContain(`<meta name="build" content="${build}"`);
  });
});
