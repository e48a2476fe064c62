import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRedis } from '@bnc/testing/redis';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pushOf } from './pushes.ts';
import { deliver, operator, operatorToken, TestServer } from './server.ts';
import { production, runServer, settingsFor, useFolder } from './server-process.ts';
import { SSEReader } from './sse-reader.ts';

const metricsToken = 'a-token-for-prometheus-of-32-bytes';
const watcher = { authorization: `Bearer ${metricsToken}` };

/** Reads the metrics: values by name and labels, as they stand there. */
async function metricsOf(origin: string, headers: Record<string, string> = watcher): Promise<Map<string, number>> {
  const response = await fetch(`${origin}/metrics`, { headers });
  expect(response.status).toBe(200);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

describe('metrics', { timeout: 60_000 }, () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ adminTokens: [operatorToken], metricsTokens: [metricsToken] });
  });
  afterAll(() => server.close());

  test('are for the operator and for those with a token of their own, which opens nothing else', async () => {
    const answer = async (path: string, headers: Record<string, string>): Promise<number> =>
      (await fetch(`${server.origin}${path}`, { headers })).status;
    expect(await answer('/metrics', {})).toBe(401);
    expect(await (await fetch(`${server.origin}/metrics`)).text()).not.toContain('bnc_');
    expect(await answer('/metrics', { authorization: 'Bearer something-else-of-32-bytes-or-more' })).toBe(401);
    expect(await answer('/metrics', watcher)).toBe(200);
    expect(await answer('/metrics', operator)).toBe(200);
    expect(await answer('/dead-letters', watcher)).toBe(401);
    expect(await answer('/rooms', watcher)).toBe(401);
  });

  test('count a delivery from the webhook to its listeners', async () => {
    await using score = await SSEReader.open(`${server.origin}/stream/octo/counted?format=score`);
    await using clip = await SSEReader.open(`${server.origin}/stream/octo/counted?delivery=url&format=flac`);
    const push = pushOf('octo/counted', 701);
    await server.deliver('push', push, { deliveryId: 'counted-1' });
    await server.deliver('push', push, { deliveryId: 'counted-1' });
    await server.deliver('push', push, { signature: `sha256=${'0'.repeat(64)}` });
    await Promise.all([score.next('audio_buffer'), clip.next('audio_buffer')]);
    const { clientId, resumeKey } = score.all('connected')[0]?.data ?? {};
    const vote = (lateNotes: unknown): Promise<Response> =>
      fetch(`${server.origin}/session/${clientId}/lead`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ resumeKey, leadMs: 200, lateNotes }),
      });
    expect((await vote(3)).status).toBe(204);
    for (const wrong of [-1, 0.5, 10_001, '3', Number.NaN]) expect((await vote(wrong)).status).toBe(400);
    expect(Object.fromEntries(await metricsOf(server.origin))).toMatchObject({
      'bnc_deliveries_total{outcome="accepted",reason=""}': 1,
      'bnc_deliveries_total{outcome="duplicate",reason=""}': 1,
      'bnc_deliveries_total{outcome="refused",reason="WEBHOOK_SIGNATURE_INVALID"}': 1,
      'bnc_phrases_total{outcome="heard"}': 1,
      'bnc_renders_total{outcome="failed"}': 0,
      bnc_render_seconds_count: 1,
      'bnc_clips_total{from="render"}': 1,
      'bnc_listeners{form="score"}': 1,
      'bnc_listeners{form="link"}': 1,
      bnc_lead_seconds_count: 1,
      bnc_late_notes_total: 3,
      bnc_rooms_owned: 1,
      'bnc_rooms_opened_total{with="nothing"}': 1,
      bnc_dead_letters: 0,
      bnc_store_up: 1,
    });
  });

  test('do not grow with rooms, listeners and clients that make up formats', async () => {
    const open = (room: string, format: string): Promise<SSEReader> =>
      SSEReader.open(`${server.origin}/stream/octo/${room}?delivery=url&format=${format}`);
    const first = await open('one', 'flac');
    await server.deliver('push', pushOf('octo/one', 702));
    await first.next('audio_buffer');
    const before = [...(await metricsOf(server.origin)).keys()];
    const encodings = ['flac', 'opus', 'pcm-s16le', 'pcm-f32le'];
    const orders = encodings.flatMap((a) => encodings.map((b) => `${a},${b}`));
    const many = await Promise.all(orders.map((format, index) => open(`many-${index}`, format)));
    await Promise.all(orders.map((_, index) => server.deliver('push', pushOf(`octo/many-${index}`, 710 + index))));
    await first.close();
    for (const reader of many) await reader.close();
    expect([...(await metricsOf(server.origin)).keys()].filter((name) => !before.includes(name))).toEqual(
      ['bnc_streams_closed_total{reason="client"}'].filter((name) => !before.includes(name)),
    );
  });

  test('have every name that the alerts look at, each of which says what to do', async () => {
    const alerts = readFileSync(join(import.meta.dirname, '../../../deploy/alerts.yml'), 'utf8');
    expect(alerts.match(/^ +do: /gm)).toHaveLength(alerts.match(/- alert: /g)?.length ?? 0);
    const names = new Set(alerts.match(/\b(?:bnc|nodejs)_\w+/g));
    const told = await (await fetch(`${server.origin}/metrics`, { headers: watcher })).text();
    expect(names.size).toBeGreaterThan(10);
    for (const name of names) {
      expect(told).toMatch(new RegExp(`^# TYPE ${name.replace(/_(?:bucket|count)$/, '')} `, 'm'));
    }
  });

  test('are those that operations.md explains, as are the lines of the log', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/operations.md'), 'utf8');
    const metrics = await (await fetch(`${server.origin}/metrics`, { headers: watcher })).text();
    const names = [...metrics.matchAll(/^# TYPE (bnc_\w+) /gm)].map(([, name]) => name);
    expect(new Set(page.match(/\bbnc_\w+/g))).toEqual(new Set(names));
    const sources = globSync('**/*.ts', { cwd: join(import.meta.dirname, '../src') })
      .map((file) => readFileSync(join(import.meta.dirname, '../src', file), 'utf8'))
      .join('\n');
    const tables = [...page.matchAll(/^\| `msg` \|.*\n\|.*\n((?:\|.*\n)+)/gm)].map(([, rows = '']) => rows);
    const lines = tables
      .flatMap((rows) => rows.trim().split('\n'))
      .flatMap((row) => row.split('|')[1]?.match(/`[^`]+`/g) ?? []);
    expect(lines.length).toBeGreaterThan(15);
    expect(lines.filter((line) => !sources.includes(`'${line.slice(1, -1)}'`))).toEqual([]);
  });
});

test('a thousand scrapes ask the store a few times; while it is away /readyz is red, /livez is not, and the metrics say it', {
  timeout: 60_000,
}, async () => {
  const redis = await startRedis();
  try {
    await using server = await TestServer.start({ redisUrl: redis.url, metricsTokens: [metricsToken] });
    const status = async (path: string): Promise<number> => (await fetch(`${server.origin}${path}`)).status;
    expect([await status('/livez'), await status('/readyz')]).toEqual([200, 200]);
    const client = await createClient({ url: redis.url }).connect();
    const commands = async (): Promise<number> =>
      Number(/total_commands_processed:(\d+)/.exec(await client.info('stats'))?.[1]);
    const before = await commands();
    for (let round = 0; round < 20; round++) {
      const scrapes = Array.from({ length: 50 }, () => fetch(`${server.origin}/metrics`, { headers: watcher }));
      for (const response of await Promise.all(scrapes)) expect(response.status).toBe(200);
    }
    // A thousand scrapes share few questions to the store; the server has some of its own.
    expect((await commands()) - before).toBeLessThan(300);
    client.destroy();
    await redis.kill('SIGKILL');
    await expect.poll(() => status('/readyz')).toBe(503);
    expect(await status('/livez')).toBe(200);
    expect((await metricsOf(server.origin)).get('bnc_store_up')).toBe(0);
    await redis.restart();
    await expect.poll(() => status('/readyz')).toBe(200);
  } finally {
    await redis.stop();
  }
});

describe('a server that is told to stop', { timeout: 60_000 }, () => {
  const folder = useFolder();

  test('says so on /readyz, hands its rooms over, and takes deliveries for as long as it was told to', async () => {
    await using server = await TestServer.start();
    await using listener = await SSEReader.open(`${server.origin}/stream/octo/leaving?format=score`);
    await server.deliver('push', pushOf('octo/leaving', 730));
    await listener.next('audio_buffer');
    await server.app.leave();
    expect((await fetch(`${server.origin}/readyz`)).status).toBe(503);
    expect((await fetch(`${server.origin}/livez`)).status).toBe(200);
    const late = await server.deliver('push', pushOf('octo/leaving', 730));
    expect([late.status, late.body.status]).toEqual([202, 'accepted']);
    expect(listener.all('disconnected')).toEqual([]);
  });

  test('ends at once at a second signal, and what it had accepted is heard after the next start', async () => {
    const settings = settingsFor(folder(), { DEMO: 'off', DRAIN_SECONDS: '5' });
    const first = runServer([], settings);
    const origin = await first.origin();
    first.child.kill('SIGTERM');
    await expect.poll(async () => (await fetch(`${origin}/readyz`)).status).toBe(503);
    expect((await deliver(origin, 'push', pushOf('octo/twice', 731))).status).toBe(202);
    first.child.kill('SIGTERM');
    expect((await first.ended).code).toBe(1);
    const again = await runServer([], settings).origin();
    await using listener = await SSEReader.open(`${again}/stream/octo/twice?format=score`);
    expect((await listener.next('audio_buffer')).data.speaksFor).toBe(1);
  });
});

describe('the log', { timeout: 60_000 }, () => {
  const folder = useFolder();

  test('tells by the id of a delivery what became of it, from the webhook to its listeners', async () => {
    const server = runServer([], settingsFor(folder(), { ...production, STREAM_DEFAULT_ACCESS: 'public' }));
    const origin = await server.origin();
    await using listener = await SSEReader.open(`${origin}/stream/octo/told?delivery=url&format=flac`);
    const secretWords = 'the words of a commit';
    const push = pushOf('octo/told', 740);
    Object.assign(push.head_commit as object, { message: secretWords });
    await deliver(origin, 'push', push, { deliveryId: 'grep-me-1' });
    await listener.next('audio_buffer');
    server.child.kill('SIGTERM');
    const { output } = await server.ended;
    const steps = output
      .split('\n')
      .filter((line) => line.includes('grep-me-1'))
      .map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(steps).toEqual([
      'delivery received',
      'delivery stored',
      'phrase composed',
      'phrase published',
      'phrase rendered',
      'phrase delivered',
    ]);
    for (const hidden of [secretWords, 'octo/told']) {
      const lines = output.split('\n').filter((line) => line.includes(hidden) && !line.includes('"path"'));
      expect(lines).toEqual([]);
    }
  });
});
