import { execFile, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Follower } from './follower.ts';
import { freePort } from './nginx.ts';
import { pushOf } from './pushes.ts';
import { deliver, secret } from './server.ts';
import { SSEReader } from './sse-reader.ts';

const exec = promisify(execFile);
const root = resolve(import.meta.dirname, '../../..');
const image = 'bots-n-cats-test';
const container = `bnc-test-${process.pid}`;

/** What runs containers here; podman takes the words of docker. Undefined where neither runs. */
const engine = ['docker', 'podman'].find((name) => spawnSync(name, ['info'], { stdio: 'ignore' }).status === 0);
const composer = engine === 'docker' ? ['docker', 'compose'] : ['podman-compose'];

/** Whether an image is here, or can be had. */
function has(name: string): boolean {
  return [
    ['image', 'inspect', name],
    ['pull', name],
  ].some((args) => spawnSync(engine ?? '', args, { stdio: 'ignore' }).status === 0);
}

/** Runs the engine; returns what it prints. */
async function run(...args: readonly string[]): Promise<string> {
  // Podman's own format of images has no health check.
  const env = { ...process.env, BUILDAH_FORMAT: 'docker' };
  const { stdout } = await exec(engine ?? '', args, { cwd: root, env, maxBuffer: 2 ** 26 });
  return stdout.trim();
}

async function compose(...args: readonly string[]): Promise<void> {
  const [command = '', ...words] = [...composer, '-p', container, '-f', join(root, 'deploy/compose.yaml'), ...args];
  const env = { ...process.env, IMAGE: image, SITE: 'localhost', GITHUB_WEBHOOK_SECRETS: secret };
  await exec(command, words, { cwd: root, env, maxBuffer: 2 ** 26 });
}

/** Waits until a server of the compose file can take deliveries, and Caddy knows it. */
async function isServed(server: string): Promise<void> {
  const program = `fetch('http://127.0.0.1:3000/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))`;
  const isReady = (): Promise<boolean> =>
    compose('exec', '-T', server, 'node', '-e', program).then(
      () => true,
      () => false,
    );
  await expect.poll(isReady, { timeout: 120_000, interval: 500 }).toBe(true);
  // Caddy asks once a second, and gives a server three.
  await wait(4000);
}

async function statusOf(url: string): Promise<number> {
  return await fetch(url).then(
    ({ status }) => status,
    () => 0,
  );
}

// It installs everything in a container: for a release, not for every change.
describe.runIf(process.env.BNC_SOAK === 'full' && engine !== undefined)('the image', { timeout: 400_000 }, () => {
  let isBuilt = false;
  beforeAll(async () => {
    if (!has('node:24-bookworm-slim')) return;
    await run('build', '-f', 'deploy/Dockerfile', '-t', image, '.');
    isBuilt = true;
  }, 900_000);
  afterAll(async () => {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    if (isBuilt) await run('rmi', '-f', image);
  }, 60_000);

  test('runs without root, on a file system that it cannot write, and keeps its data', async ({ skip }) => {
    if (!isBuilt) skip('needs the image node:24-bookworm-slim');
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const limits = ['--cap-drop=ALL', '--security-opt=no-new-privileges', '--memory=2g', '--pids-limit=256'];
    const places = ['--read-only', '--tmpfs=/tmp', `--volume=${container}:/data`, `--publish=127.0.0.1:${port}:3000`];
    try {
      const settings = [`--env=GITHUB_WEBHOOK_SECRETS=${secret}`];
      await run('run', '--detach', `--name=${container}`, ...limits, ...places, ...settings, image);
      const isReady = (): Promise<number> => statusOf(`${origin}/readyz`);
      await expect.poll(isReady, { timeout: 60_000 }).toBe(200);
      expect(await run('exec', container, 'id', '-u')).toBe('1000');
      await expect(run('exec', container, 'touch', '/srv/bots-n-cats/x')).rejects.toThrow(/read-only/i);
      const format = '--format={{json .Config.Healthcheck.Test}}';
      const [, ...check] = JSON.parse(await run('inspect', format, container)) as string[];
      await run('exec', container, ...check);
      // It has neither an operator nor a public URL: the doctor warns, and finds no fault.
      expect(await run('exec', container, 'node', 'dist/main.js', 'doctor', '--port', '0')).toContain('\n0 problems');

      expect(await (await fetch(origin)).text()).toContain('<title>');
      expect((await deliver(origin, 'push', pushOf('octo/image', 981))).status).toBe(202);
      await using listener = await SSEReader.open(`${origin}/stream/octo/image?delivery=url&format=opus`);
      const { data } = await listener.next('audio_buffer', 0, 60_000);
      const [rendition] = 'renditions' in data.buffer ? data.buffer.renditions : [];
      const clip = await (await fetch(new URL(rendition?.url ?? '', origin))).bytes();
      expect(Buffer.from(clip).subarray(0, 4).toString()).toBe('OggS');

      await run('stop', '-t', '20', container);
      // A server that does not end in time ends itself with 1, and the engine would end it with 137.
      expect(await run('inspect', '--format={{.State.ExitCode}}', container)).toBe('0');
      await run('start', container);
      await expect.poll(isReady, { timeout: 60_000 }).toBe(200);
      const history = await (await fetch(`${origin}/repos/octo/image/history`)).json();
      expect(history).toMatchObject({ phrases: [{ phraseId: data.phraseId }] });
    } finally {
      await run('rm', '-f', container);
      await run('volume', 'rm', '-f', container);
    }
  });

  test('is two servers on one Redis behind Caddy by the compose file, which restart without losing a delivery', async ({
    skip,
  }) => {
    const [command, ...words] = [...composer, 'version'];
    if (spawnSync(command, words, { stdio: 'ignore' }).status !== 0) skip(`needs ${composer.join(' ')}`);
    if (!isBuilt || !has('redis:8-bookworm') || !has('caddy:2')) skip('needs the images of the compose file');
    // Caddy's certificate for localhost is its own.
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    const origin = 'https://localhost';
    try {
      await compose('up', '-d');
      for (const server of ['server-1', 'server-2']) await isServed(server);
      expect((await fetch(origin)).status).toBe(200);
      expect(await statusOf(`${origin}/metrics`)).toBe(404);
      // What Caddy says by itself has no body.
      const push = async (): Promise<number> =>
        (await deliver(origin, 'push', pushOf('octo/compose', 982)).catch(() => ({ status: 0 }))).status;
      expect(await push()).toBe(202);
      const listener = new Follower(() => `${origin}/stream/octo/compose?format=score`);
      await expect.poll(() => listener.phrases.length, { timeout: 60_000 }).toBe(1);
      const statuses: Promise<number>[] = [];
      const over = new AbortController();
      const load = (async () => {
        for (; !over.signal.aborted; await wait(250)) statuses.push(push());
      })();
      for (const server of ['server-1', 'server-2']) {
        await compose('restart', '-t', '20', server);
        await isServed(server);
      }
      over.abort();
      await load;
      expect(new Set(await Promise.all(statuses))).toEqual(new Set([202]));
      await expect.poll(() => listener.speaksFor, { timeout: 60_000 }).toBe(statuses.length + 1);
      expect(listener.doubled).toBe(0);
      listener.close();
    } finally {
      await compose('down', '-v');
    }
  });
});
