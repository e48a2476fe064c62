import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventBus } from '@bnc/event-bus';
import { sqlite } from '@bnc/event-bus/sqlite';
import { describe, expect, test } from 'vitest';
import { operator, operatorToken, TestServer } from './server.ts';

describe('dead letters', { timeout: 60_000 }, () => {
  test('are listed, read, given back and deleted by the operator alone', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'bnc-letters-'));
    const transport = await sqlite({ file: join(dataDir, 'events.sqlite') });
    await using bus = new EventBus({ transport, retry: { attempts: 1 } });
    const group = { group: 'broken', keys: 'owned' } as const;
    const broken = bus.subscribe('job:*', () => Promise.reject(new Error('it is broken')), group);
    await broken.ready;
    for (const job of [1, 2]) await bus.publish('job:one', { job }, { key: 'one' });
    await expect.poll(async () => (await bus.listDeadLetters()).length).toBe(2);
    await bus.close();

    await using server = await TestServer.start({ dataDir, adminTokens: [operatorToken] });
    const ask = (path: string, method = 'GET', headers: Record<string, string> = operator): Promise<Response> =>
      fetch(`${server.origin}/dead-letters${path}`, { method, headers });
    const list = async (query = ''): Promise<{ id: string; topic: string; reason: string; payload?: object }[]> =>
      ((await (await ask(query)).json()) as { deadLetters: [] }).deadLetters;
    const ways = [
      ['', 'GET'],
      ['/1', 'GET'],
      ['/1/retry', 'POST'],
      ['/1', 'DELETE'],
    ] as const;
    for (const [path, method] of ways) expect((await ask(path, method, {})).status).toBe(401);
    const [first, second] = await list();
    expect(first).toMatchObject({ topic: 'job:one', reason: 'Error: it is broken' });
    expect(first).not.toHaveProperty('payload');
    expect(await list(`?after=${first?.id}`)).toEqual([second]);
    expect(await (await ask(`/${first?.id}`)).json()).toMatchObject({ payload: { job: 1 }, attempts: 1 });
    expect((await ask(`/${first?.id}/retry`, 'POST')).status).toBe(202);
    expect((await ask(`/${second?.id}`, 'DELETE')).status).toBe(204);
    expect(await list()).toEqual([]);
    for (const [path, method] of ways.slice(1)) expect((await ask(path, method)).status).toBe(404);
    for (const query of ['?limit=0', '?after=nonsense']) expect((await ask(query)).status).toBe(400);
    expect((await ask('/nonsense')).status).toBe(404);
    rmSync(dataDir, { recursive: true });
  });
});
