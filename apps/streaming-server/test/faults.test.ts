import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pushOf } from './pushes.ts';
import { deliver } from './server.ts';
import { runServer, settingsFor, useFolder } from './server-process.ts';
import { SSEReader } from './sse-reader.ts';

const folder = useFolder();

/** Opens a stream; returns the status of the response. */
function statusOf(port: number, sockets: Socket[]): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.once('error', () => resolve(0)).once('data', (data) => resolve(Number(String(data).split(' ')[1])));
    socket.write('GET /stream/octo/files?format=score HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n');
  });
}

describe('a server', { timeout: 60_000 }, () => {
  test('whose code throws where nobody catches it says so, ends with 1, and plays after the next start what it had accepted', async () => {
    const settings = settingsFor(folder(), { DEMO: 'off' });
    const fault = `data:text/javascript,${encodeURIComponent(
      "process.on('SIGUSR2', () => setTimeout(() => { throw new Error('nobody expects this'); }))",
    )}`;
    const first = runServer([], { ...settings, NODE_OPTIONS: `--import=${fault}` });
    const origin = await first.origin();
    await deliver(origin, 'push', pushOf('octo/fault', 960));
    first.child.kill('SIGUSR2');
    const { code, output } = await first.ended;
    expect(code).toBe(1);
    expect(output.match(/"msg":"uncaughtException"/g)).toHaveLength(1);
    expect(output).toContain('nobody expects this');
    const again = await runServer([], settings).origin();
    await using listener = await SSEReader.open(`${again}/stream/octo/fault?format=score`);
    expect((await listener.next('audio_buffer')).data.speaksFor).toBe(1);
  });

  test('that may open few files refuses streams in time, and goes on with webhooks and those who listen', async ({
    skip,
  }) => {
    const server = runServer([], settingsFor(folder(), { DEMO: 'off' }));
    const limit = ['--pid', String(server.child.pid), '--nofile=256:256'];
    if (spawnSync('prlimit', limit).status !== 0) skip('needs prlimit');
    const origin = await server.origin();
    const { port } = new URL(origin);
    const sockets: Socket[] = [];
    const first = await SSEReader.open(`${origin}/stream/octo/files?format=score`);
    const statuses = await Promise.all(Array.from({ length: 160 }, () => statusOf(Number(port), sockets)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(127);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    for (let count = 0; count < 10; count++) {
      expect((await deliver(origin, 'push', pushOf('octo/files', 961))).status).toBe(202);
    }
    await expect.poll(() => first.all('audio_buffer').length).toBeGreaterThan(0);
    for (const socket of sockets) socket.destroy();
    await first.close();
  });
});

test('the list of faults names tests that are there', () => {
  const root = join(import.meta.dirname, '../../..');
  const files = new Set(globSync('{apps,packages}/*/{src,test}/**/*.ts', { cwd: root }).map((file) => basename(file)));
  const rows = readFileSync(join(root, 'docs/faults.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| [^|]+\| [^|]+\| [^|]+\|$/.test(line));
  const names = rows
    .flatMap((row) => (row.split('|')[3] ?? '').match(/`[^`]+`/g) ?? [])
    .map((name) => name.slice(1, -1));
  expect(names.length).toBeGreaterThan(80);
  const missing = names.filter((name) => {
    if (name.startsWith('pnpm bench ')) {
      return globSync(`apps/*/bench/${name.slice(11)}.bench.ts`, { cwd: root }).length === 0;
    }
    return !['.test.ts', '.soak.test.ts', '.ts'].some((ending) => files.has(`${basename(name)}${ending}`));
  });
  expect(missing).toEqual([]);
});
