import { execFile, fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { startHub } from './hub.ts';
import { stall, until } from './support.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function files(): number {
  return readdirSync('/proc/self/fd').length;
}

/** Bytes that are reachable. */
async function settled(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    collect();
    await wait(100);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test('100,000 streams that come and go end where they began', { timeout: 600_000 }, async () => {
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

test('10,000 clients that come and go hear every message once, in order', { timeout: 120_000 }, async () => {
  const { manager, port } = await startHub({ limits: { maxConnections: 20_000 } });
  const child = fork(new URL('./fixtures/crowd.ts', import.meta.url), [String(port), '10000']);
  onTestFinished(() => void child.kill('SIGKILL'));
  const ask = (message: object): Promise<{ wrong: number }> =>
    new Promise((resolve, reject) => {
      child.once('message', (answer) => resolve(answer as { wrong: number }));
      child.send(message, (error) => error && reject(error));
    });
  await ask({ join: true });
  let sent = 0;
  const say = (): void => {
    sent++;
    manager.broadcast('room', { data: sent });
  };
  say();
  await ask({ until: sent });
  for (let churn = 0; churn < 10; churn++) {
    const churned = ask({ churn });
    // While some are away, and some are on their way.
    say();
    setTimeout(say, 100);
    await churned;
  }
  say();
  expect(await ask({ until: sent })).toEqual({ wrong: 0 });
  expect(manager.stats()).toMatchObject({ opened: 30_000, truncated: 0, skipped: 0, errors: 0 });
  await until(() => manager.count() === 10_000);
  child.kill('SIGKILL');
  await until(() => manager.count() === 0);
});

test('200 stalled clients cost less than 0.1 MB each beyond the shared history', { timeout: 300_000 }, async () => {
  const { manager, port } = await startHub({ slow: 'latest', history: { maxBytes: 2 ** 20 } });
  // A reader that keeps nothing: what is measured is the hub.
  const healthy = await stall(port);
  let taken = 0;
  healthy.on('data', (chunk: Buffer) => {
    taken += chunk.length;
  });
  healthy.resume();
  for (let i = 0; i < 200; i++) await stall(port);
  await until(() => manager.count() === 201);
  const send = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const had = taken;
      manager.broadcast('room', { data: 'y'.repeat(80_000) });
      await until(() => taken >= had + 80_000);
    }
  };
  // Fills what the kernel takes for each of them.
  await send(100);
  const before = await settled();
  await send(400);
  expect(((await settled()) - before) / 200).toBeLessThan(100_000);
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

test('5,000 clients hear a message, are told to spread out, and find room after a restart', {
  timeout: 300_000,
}, async () => {
  const clients = 5_000;
  const eventually = async (isTrue: () => boolean): Promise<void> => {
    for (const deadline = performance.now() + 100_000; !isTrue() && performance.now() < deadline; ) await wait(20);
  };
  const run = async (): Promise<number[]> => {
    const { manager, port } = await startHub();
    const retries: number[] = [];
    let heard = 0;
    let ended = 0;
    const join = (): Promise<void> =>
      new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
        let text = '';
        socket.setEncoding('latin1').on('data', (chunk: string) => {
          if (text === '') resolve();
          if (chunk.includes('data: hello')) heard++;
          text = chunk;
        });
        socket.on('close', () => {
          ended++;
          retries.push(Number(/retry: (\d+)\n/.exec(text)?.[1]));
        });
      });
    for (let i = 0; i < clients; i += 100) await Promise.all(Array.from({ length: 100 }, join));
    expect(manager.broadcast('room', { data: 'hello' })).toMatchObject({ sent: clients, deferred: 0 });
    await eventually(() => heard === clients);
    await manager.close({ timeoutMs: 30_000 });
    await eventually(() => ended === clients);
    expect([heard, ended, manager.count()]).toEqual([clients, clients, 0]);
    return retries;
  };
  const retries = await run();
  const early = retries.filter((ms) => ms < 3_000).length / clients;
  expect([early > 0.05, early < 0.15]).toEqual([true, true]);
  await run();
});
