import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startHub } from './hub.ts';
import { listen, stall, until } from './support.ts';

const files = (): number => readdirSync('/proc/self/fd').length;

const settled = async (): Promise<number> => {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.();
    await wait(100);
  }
  return process.memoryUsage().heapUsed;
};

test('100,000 streams that come and go end where they began', { timeout: 600_000 }, async () => {
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--expose-gc');
  globalThis.gc ??= (await import('node:vm')).runInNewContext('gc') as typeof gc;
  const { manager, port } = await startHub({
    heartbeatMs: 1_000,
    history: { maxAgeMs: 1_000 },
    connected: ({ clientId }) => ({ data: clientId }),
  });
  const visit = (i: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(`GET /?channel=c${i % 100} HTTP/1.1\r\nHost: x\r\n\r\n`),
      );
      socket.once('data', () => socket.destroy());
      socket.on('close', () => resolve());
      socket.on('error', reject);
    });
  const cycle = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, k) => visit(i + k)));
      manager.broadcast(`c${i % 100}`, { data: 'x'.repeat(1_000) });
    }
    await until(() => manager.count() === 0 && manager.stats().channels === 0, 'the hub to be empty');
  };
  await cycle(5_000);
  const before = { heap: await settled(), files: files(), resources: process.getActiveResourcesInfo().length };
  await cycle(100_000);
  const after = { heap: await settled(), files: files(), resources: process.getActiveResourcesInfo().length };
  expect(manager.stats()).toMatchObject({ connections: 0, channels: 0, historyBytes: 0, opened: 105_000 });
  expect(after.heap).toBeLessThan(before.heap * 1.1 + 2 ** 20);
  expect(after.files).toBeLessThanOrEqual(before.files + 5);
  expect(after.resources).toBeLessThanOrEqual(before.resources + 5);
});

test('200 stalled clients cost less than 0.1 MB each beyond the shared history', { timeout: 300_000 }, async () => {
  const { manager, port } = await startHub({ slow: 'latest', history: { maxBytes: 2 ** 20 } });
  const healthy = await listen(port);
  for (let i = 0; i < 200; i++) await stall(port);
  await until(() => manager.count() === 201);
  const memory = (): number => process.memoryUsage().rss;
  const send = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const had = healthy.events.length;
      manager.broadcast('room', { data: 'y'.repeat(80_000) });
      await healthy.has(had + 1);
      healthy.events.length = 1;
    }
  };
  await send(100);
  await settled();
  const before = memory();
  await send(400);
  await settled();
  expect((memory() - before) / 200).toBeLessThan(100_000);
  expect(manager.count()).toBe(201);
});

test('a peer that vanishes is found by the kernel probes', { timeout: 60_000 }, async ({ skip }) => {
  const { manager, port } = await startHub();
  const run = (...args: string[]): Promise<void> =>
    new Promise((resolve, reject) => execFile('iptables', args, (error) => (error ? reject(error) : resolve())));
  const socket = await stall(port);
  await until(() => manager.count() === 1);
  const rule = [
    'OUTPUT',
    '-p',
    'tcp',
    '-o',
    'lo',
    '--sport',
    String(socket.localPort),
    '--dport',
    String(port),
    '-j',
    'DROP',
  ];
  const isAllowed = await run('-A', ...rule).then(
    () => true,
    () => false,
  );
  if (!isAllowed) skip('needs iptables and the right to use it');
  try {
    const deadline = performance.now() + 50_000;
    while (manager.count() === 1 && performance.now() < deadline) await wait(100);
    expect(manager.count()).toBe(0);
  } finally {
    await run('-D', ...rule);
  }
});
