import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GraphInput, OfflineRenderer, type OfflineRendererOptions } from '../src/index.ts';
import { createPiece } from './score.ts';

let renderer: OfflineRenderer | undefined;

function create(options: OfflineRendererOptions = {}): OfflineRenderer {
  renderer = new OfflineRenderer({ workers: 1, spares: 0, timeoutMs: 15_000, ...options });
  return renderer;
}

afterEach(() => renderer?.close());

function graph(act: string, more: object = {}): GraphInput {
  return {
    module: new URL('fixtures/graphs.ts', import.meta.url),
    moduleOptions: { act, ...more },
    duration: 0.5,
  };
}

const tone = graph('tone');
const piece = createPiece(1);
const finish = new URL('fixtures/finish.ts', import.meta.url);

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function until(check: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !check(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(check()).toBe(true);
}

describe('the pool of render processes', () => {
  it.each([
    ['an endless loop', 'loop', 'RENDER_TIMEOUT'],
    ['a promise that never settles', 'hang', 'RENDER_TIMEOUT'],
    ['a process that dies', 'crash', 'RENDER_CRASHED'],
    ['a module that throws', 'throw', 'RENDER_MODULE_FAILED'],
  ])('answers %s with its code and renders on', async (_, act, code) => {
    const pool = create({ timeoutMs: code === 'RENDER_TIMEOUT' ? 5000 : 30_000 });
    await pool.ready();
    await expect(pool.render(graph(act))).rejects.toMatchObject({ name: 'RenderError', code });
    await expect(pool.render({ ...piece, duration: 0.1, tracks: [] })).resolves.toMatchObject({ numberOfChannels: 2 });
  });

  it('gives renders to other processes when those that wait for them were killed and nobody has noticed yet', async () => {
    const pool = create({ spares: 1 });
    await pool.ready();
    await until(() => pool.stats().idle === 2);
    for (const pid of readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ')) {
      const program = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (program.includes('render-program')) process.kill(Number(pid), 'SIGKILL');
    }
    // The event loop stands still until they are gone for long.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    const renders = Array.from({ length: 4 }, () => pool.render(piece));
    expect(await Promise.allSettled(renders)).toMatchObject(renders.map(() => ({ status: 'fulfilled' })));
    expect(pool.stats()).toMatchObject({ rendered: 4, failed: 0 });
  });

  it.each(['heap', 'buffers'])('ends a process that takes too much memory (%s)', async (act) => {
    const small = create({ maxMemoryMb: 300, timeoutMs: 55_000 });
    await expect(small.render(graph(act))).rejects.toMatchObject({ code: 'RENDER_OUT_OF_MEMORY' });
    await expect(small.render(piece)).resolves.toMatchObject({ numberOfChannels: 2 });
  });

  it('refuses a render when the queue is full, and the queued ones still come', async () => {
    const pool = create({ maxQueue: 2 });
    const all = await Promise.allSettled([piece, piece, piece, piece].map((input) => pool.render(input)));
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    expect(all[3]).toMatchObject({ reason: { code: 'RENDER_QUEUE_FULL' } });
  });

  it('serves keys in turn', async () => {
    const pool = create();
    const order: string[] = [];
    const one = (key: string, name: string): Promise<unknown> =>
      pool.render(piece, { key }).then(() => order.push(name));
    await Promise.all([one('a', 'a1'), one('a', 'a2'), one('a', 'a3'), one('b', 'b1'), one('c', 'c1')]);
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'a3']);
  });

  it('aborts before the queue, in the queue and in the middle of a render', async () => {
    const pool = create();
    await pool.ready();
    await expect(pool.render(tone, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'RENDER_ABORTED' });
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = pool.render(graph('loop'), { signal: running.signal });
    const second = pool.render(piece, { signal: waiting.signal });
    const third = pool.render(piece);
    await until(() => pool.stats().running === 1 && pool.stats().queued === 2);
    waiting.abort(new Error('not wanted'));
    await expect(second).rejects.toMatchObject({ code: 'RENDER_ABORTED', cause: { message: 'not wanted' } });
    expect(pool.stats().queued).toBe(1);
    running.abort();
    await expect(first).rejects.toMatchObject({ code: 'RENDER_ABORTED' });
    await expect(third).resolves.toMatchObject({ sampleRate: 44100 });
  });

  it('replaces a process after its number of renders, with a spare in its place at once', async () => {
    const pool = create({ maxRendersPerProcess: 2, spares: 1 });
    const pids: unknown[] = [];
    for (let i = 0; i < 4; i++) pids.push((await pool.render<{ pid: number }>(piece, { finish })).pid);
    expect(new Set(pids).size).toBe(2);
    expect(pool.stats()).toMatchObject({ rendered: 4, failed: 0 });
  });

  it('keeps a spare warm: after a kill the next render does not wait for a start', async () => {
    const pool = create({ spares: 1, timeoutMs: 400 });
    await pool.ready();
    await until(() => pool.stats().idle === 2);
    await expect(pool.render(graph('loop'))).rejects.toMatchObject({ code: 'RENDER_TIMEOUT' });
    // The next process may have started already.
    expect(pool.stats().idle).toBeGreaterThan(0);
    await until(() => pool.stats().idle === 2);
  });

  it('rejects what waits and runs when it closes, and what comes later', async () => {
    const pool = create();
    await pool.ready();
    const pending = [pool.render(graph('loop')), pool.render(piece)].map((render) =>
      expect(render).rejects.toMatchObject({ code: 'RENDER_CLOSED' }),
    );
    await pool.close();
    await Promise.all(pending);
    await expect(pool.render(piece)).rejects.toMatchObject({ code: 'RENDER_CLOSED' });
    expect(pool.stats()).toMatchObject({ idle: 0, running: 0, starting: 0, queued: 0 });
  });

  it('gives a process no environment of its parent', async () => {
    process.env.BNC_TEST_SECRET = 'secret';
    const { environment } = await create().render<{ environment: string[] }>(piece, { finish });
    delete process.env.BNC_TEST_SECRET;
    expect(environment).not.toContain('BNC_TEST_SECRET');
    expect(environment).not.toContain('NODE_OPTIONS');
  });

  it('keeps compiled code where its parent does, for processes that start later', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bnc-compiled-'));
    const parent = spawn(process.execPath, ['--conditions=@bnc/source', 'fixtures/parent.ts', 'idle'], {
      cwd: import.meta.dirname,
      env: { ...process.env, NODE_COMPILE_CACHE: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // The parent would write its own at its end, which does not come.
    await until(() => readdirSync(folder, { recursive: true }).length > 20);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    rmSync(folder, { recursive: true });
  });

  describe('without the ALSA library', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'bnc-no-alsa-'));
      writeFileSync(join(folder, 'libasound.so.2'), 'no library');
      process.env.LD_LIBRARY_PATH = folder;
    });
    afterEach(() => {
      delete process.env.LD_LIBRARY_PATH;
      delete process.env.TMPDIR;
      rmSync(folder, { recursive: true });
    });

    it('renders the same samples', async () => {
      const without = await create().render(piece);
      await renderer?.close();
      delete process.env.LD_LIBRARY_PATH;
      expect(without.getChannelData(0)).toEqual((await create().render(piece)).getChannelData(0));
    });

    it('says in one sentence what is missing, where no file can be written in its place', async () => {
      process.env.TMPDIR = join(folder, 'missing');
      const error = await create()
        .render(piece)
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'RENDER_UNSUPPORTED' });
      expect((error as Error).message).toContain('apt-get install libasound2');
      expect((error as Error).message).not.toContain('\n');
    });
  });

  it('reports what cannot be sent, and a finish that is missing or gives back a function', async () => {
    const pool = create();
    await expect(pool.render(graph('tone', { run: () => {} }))).rejects.toMatchObject({ code: 'RENDER_FAILED' });
    const none = new URL('fixtures/graphs.ts', import.meta.url);
    await expect(pool.render(piece, { finish: none })).rejects.toMatchObject({ code: 'RENDER_MODULE_FAILED' });
  });

  it.each(['idle', 'loop'])('leaves no process behind when its parent is killed (%s)', async (act) => {
    const parent = spawn(process.execPath, ['--conditions=@bnc/source', 'fixtures/parent.ts', act], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout.setEncoding('utf8'), 'data')) as [string];
    const pid = Number(line);
    expect(isRunning(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until(() => !isRunning(pid));
  });

  it.each(['close', 'leave'])('does not keep its parent alive (%s)', async (act) => {
    const parent = spawn(process.execPath, ['--conditions=@bnc/source', 'fixtures/parent.ts', act], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    expect(await once(parent, 'exit')).toEqual([0, null]);
  });

  it('runs nothing after a graph in its process, and keeps a spare for the scores meanwhile', async () => {
    const pool = create({ spares: 1 });
    const pids: number[] = [];
    for (const input of [tone, tone, piece, piece, piece]) {
      pids.push((await pool.render<{ pid: number }>(input, { finish })).pid);
    }
    const [first, second, ...later] = pids;
    expect(new Set(pids.slice(0, 3)).size).toBe(3);
    expect(later).not.toContain(first);
    expect(later).not.toContain(second);
    const running = pool.render(graph('loop')).catch(() => {});
    await until(() => pool.stats().running === 1);
    // One is warm for a score, although a graph waits.
    const waiting = pool.render(tone).catch(() => {});
    await until(() => pool.stats().idle === 2);
    expect(pool.stats()).toMatchObject({ running: 1, queued: 1 });
    await pool.close();
    await Promise.all([running, waiting]);
  });

  it.each(['onProgress', 'onPreview'])(
    'rejects a render whose %s throws with that error, and nothing else',
    async (name) => {
      const pool = create();
      const error = new Error('mine');
      const fail = (): never => {
        throw error;
      };
      await expect(pool.render(createPiece(4), { [name]: fail })).rejects.toBe(error);
      await expect(pool.render(createPiece(4), { [name]: () => Promise.reject(error) })).rejects.toBe(error);
      await expect(pool.render(piece)).resolves.toMatchObject({ numberOfChannels: 2 });
    },
  );

  it('tells progress and gives a preview that is the whole sound, in order', async () => {
    const pool = create();
    const shares: number[] = [];
    const parts: number[][] = [];
    const score = createPiece(2);
    const buffer = await pool.render(score, {
      onProgress: (share) => shares.push(share),
      onPreview: ({ from, channels }) => parts.push([from, channels[0]?.length ?? 0]),
    });
    expect(shares.length).toBeGreaterThan(8);
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    parts.forEach(([from], i) => {
      expect(from).toBe(i * (parts[0]?.[1] ?? 0));
    });
    expect((parts.at(-1)?.[0] ?? 0) + (parts.at(-1)?.[1] ?? 0)).toBeGreaterThanOrEqual(buffer.length);
  });
});
