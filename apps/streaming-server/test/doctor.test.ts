import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { startRedis } from '@bnc/testing/redis';
import { describe, expect, test } from 'vitest';
import { clockFinding } from '../src/cli/doctor/clock.ts';
import type { Finding } from '../src/cli/doctor/finding.ts';
import { checkReach } from '../src/cli/doctor/reach.ts';
import { readConfig } from '../src/settings/config.ts';
import { runCli } from './cli-process.ts';
import { operatorToken, TestServer } from './server.ts';
import { useFolder } from './server-process.ts';

const folder = useFolder();

/** What the doctor finds, by name; only the last where it finds several of a name. */
async function examine(env: Readonly<Record<string, string>>) {
  const { code, stdout } = await runCli(['doctor', '--json'], {
    env: { DATA_DIR: join(folder(), 'data'), PORT: '0', ...env },
  });
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: readonly Finding[] };
  expect(ok).toBe(code === 0);
  return { ok, findings, of: (name: string) => findings.filter((one) => one.name === name) };
}

describe('the doctor', { timeout: 60_000 }, () => {
  test('finds a machine well that has nothing yet, and leaves no trace on it', async () => {
    const { ok, findings } = await examine({});
    expect(ok).toBe(true);
    expect(findings.map(({ name, status }) => `${status} ${name}`)).toEqual([
      'ok Node.js',
      'ok port',
      'ok audio engine',
      'ok data folder',
      'ok disk',
      'ok webhook secret',
      'warning operator',
      'ok Redis',
      'warning public URL',
      'ok encryption',
    ]);
    for (const { status, todo } of findings) expect(todo === undefined).toBe(status === 'ok');
    expect(existsSync(join(folder(), 'data'))).toBe(false);
    const { stdout, code } = await runCli(['doctor', '--port', '0', '--data-dir', join(folder(), 'data')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok {7}Node\.js {9}v\d/);
    expect(stdout).toMatch(/\n\n0 problems, 2 warnings\n$/);
  });

  test('sees a port that another program uses, a folder that cannot be written, and browsers that come by plain http', async () => {
    const other = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
    await new Promise((settle) => other.once('listening', settle));
    const { port } = other.address() as { port: number };
    writeFileSync(join(folder(), 'file'), '');
    const { ok, of } = await examine({
      PORT: String(port),
      DATA_DIR: join(folder(), 'file', 'data'),
      PUBLIC_URL: `http://0.0.0.0:${port}`,
    });
    other.close();
    expect(of('webhook URL')[0]).toMatchObject({
      status: 'problem',
      message: `What responds at http://0.0.0.0:${port} (200) is not a server of bots-n-cats. Check the URL.`,
    });
    expect(ok).toBe(false);
    expect(of('port')[0]?.message).toBe(`another program uses 127.0.0.1:${port}`);
    expect(of('data folder')[0]?.status).toBe('problem');
    expect(of('encryption')[0]).toMatchObject({
      status: 'warning',
      todo: expect.stringContaining('caddy reverse-proxy'),
    });
  });

  test('visits a server that runs: its health, its clock, and the way of a delivery', async () => {
    const dataDir = join(folder(), 'data');
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'webhook-secret'), 'x'.repeat(64));
    chmodSync(join(dataDir, 'webhook-secret'), 0o644);
    await using server = await TestServer.start({ dataDir });
    const { port } = new URL(server.origin);
    const { ok, of } = await examine({ PORT: port, PUBLIC_URL: server.origin, ADMIN_TOKENS: operatorToken });
    expect(ok).toBe(true);
    expect(of('port')[0]?.message).toBe(`a server runs at 127.0.0.1:${port}, and is healthy`);
    expect(of('webhook URL')).toEqual([
      { name: 'webhook URL', status: 'ok', message: `${server.origin}/webhooks/github takes deliveries` },
    ]);
    expect(of('public URL')[0]?.message).toContain('127.0.0.1, which GitHub cannot reach');
    expect(of('clock')[0]?.message).toMatch(/^in step with the server, within \d+ ms$/);
    expect(of('webhook secret')[0]).toMatchObject({
      status: 'warning',
      todo: expect.stringMatching(/^Run: chmod 600 /),
    });
    expect(of('operator')[0]?.message).toBe('1 token in ADMIN_TOKENS');
  });

  test('asks Redis whether it keeps what it stores, and for the time', async () => {
    const lossy = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] });
    const { ok, of } = await examine({ REDIS_URL: lossy.url });
    await lossy.stop();
    expect(ok).toBe(true);
    expect(of('Redis').map(({ status, todo }) => [status, todo])).toEqual([
      ['warning', 'Set appendonly yes in Redis.'],
      ['warning', 'Set maxmemory-policy noeviction in Redis.'],
    ]);
    expect(of('clock')[0]?.message).toMatch(/^in step with Redis/);
    expect(of('webhook secret')[0]?.message).toBe('each server of this Redis has a secret of its own');
    const gone = await examine({ REDIS_URL: lossy.url });
    expect(gone.of('Redis')[0]).toMatchObject({ status: 'problem', todo: 'Start Redis, or correct REDIS_URL.' });

    const durable = await startRedis({ appendonly: 'everysec', args: ['--requirepass', 'secret'] });
    const right = await examine({ REDIS_URL: durable.url.replace('redis://', 'redis://:secret@') });
    const refused = await examine({ REDIS_URL: durable.url.replace('redis://', 'redis://:wrong@') });
    await durable.stop();
    expect(right.of('Redis')[0]?.message).toMatch(/accepts writes and keeps them$/);
    expect(refused.of('Redis')[0]?.status).toBe('problem');
    expect(JSON.stringify(refused.findings)).not.toContain('wrong@');
  });

  test('refuses wrong settings as the server does', async () => {
    expect(await runCli(['doctor', '--port', 'abc'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--port must be'),
    });
  });
});

test('clocks that differ by more than one hears are named, and by more than two seconds refused', () => {
  expect(clockFinding('Redis', 80, 5).status).toBe('ok');
  expect(clockFinding('Redis', -150, 100).status).toBe('ok');
  expect(clockFinding('Redis', -300, 5)).toMatchObject({
    status: 'warning',
    message: 'this machine is 300 ms ahead of Redis',
  });
  expect(clockFinding('Redis', 3000, 5)).toMatchObject({
    status: 'problem',
    message: 'this machine is 3000 ms behind Redis',
  });
});

test.each<[string, Record<string, string>, string]>([
  ['an open address without TLS', { HOST: '0.0.0.0' }, 'warning'],
  ['a proxy on another machine', { HOST: '0.0.0.0', PUBLIC_URL: 'https://127.0.0.1:9' }, 'warning'],
  ['a proxy on this machine', { PUBLIC_URL: 'https://127.0.0.1:9' }, 'ok'],
  ['this machine alone', {}, 'ok'],
])('encryption with %s', async (_, env, status) => {
  const findings = await checkReach(readConfig(env), true);
  expect(findings.map((one) => one.status)).not.toContain('problem');
  expect(findings.find(({ name }) => name === 'encryption')?.status).toBe(status);
});
