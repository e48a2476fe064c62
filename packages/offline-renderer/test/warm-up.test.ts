import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { OfflineRenderer, type OfflineRendererOptions } from '../src/index.ts';
import { createPiece } from './score.ts';

let renderer: OfflineRenderer | undefined;

function create(options: OfflineRendererOptions): OfflineRenderer {
  renderer = new OfflineRenderer({ workers: 1, spares: 1, ...options });
  return renderer;
}

afterEach(() => renderer?.close());

const finish = new URL('fixtures/finish.ts', import.meta.url);
const input = createPiece(1);

function callsOf(pool: OfflineRenderer): Promise<{ readonly calls: number; readonly pid: number }> {
  return pool.render(input, { finish });
}

async function until(check: () => boolean): Promise<void> {
  for (let i = 0; i < 1500 && !check(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(check()).toBe(true);
}

describe('a warm-up', () => {
  it('is rendered by each process before the next one starts, and counts as no render', async () => {
    const pool = create({ warmUp: [{ input, finish }, { input, finish }, { input }] });
    await pool.ready();
    expect(pool.stats()).toMatchObject({ started: 1, idle: 1 });
    await until(() => pool.stats().idle === 2);
    expect(pool.stats()).toMatchObject({ started: 2, rendered: 0, running: 0 });
    expect(await callsOf(pool)).toMatchObject({ calls: 3 });
  });

  it('waits for a render that comes first, or in the middle of it', async () => {
    const warmUp = Array.from({ length: 20 }, () => ({ input: createPiece(4), finish }));
    const pool = create({ warmUp });
    const [first, second] = [await callsOf(pool), await callsOf(pool)];
    expect(first.calls).toBe(1);
    expect(second.calls).toBeLessThan(10);
  });

  it('is not tried again when it ends its process', async () => {
    const pool = create({ warmUp: [{ input, finish, finishOptions: { isLast: true } }] });
    await pool.ready();
    await until(() => pool.stats().started > 1 && pool.stats().idle === 2);
    expect(pool.stats().started).toBe(3);
    await expect(callsOf(pool)).resolves.toMatchObject({ calls: 1 });
  });

  it('is refused when it is a module, a wrong score, or cannot be sent', () => {
    const module = new URL('fixtures/graphs.ts', import.meta.url);
    const wrong = { ...input, duration: -1 };
    const options = { run: () => {} };
    for (const [warmUp, error] of [
      [{ input: { module, duration: 1 } as never }, TypeError('warmUp takes a score or parameters, not a module')],
      [{ input: wrong }, { code: 'RENDER_INVALID_SCORE' }],
      [{ input, finishOptions: options }, TypeError('warmUp holds a value that cannot be cloned, such as a function')],
    ] as const) {
      expect(() => new OfflineRenderer({ warmUp: [warmUp] })).toThrow(expect.objectContaining(error));
    }
  });

  it('leaves renders to the process that was used last, which has what they need', async () => {
    const pool = create({});
    await pool.ready();
    await until(() => pool.stats().idle === 2);
    const pids = [await callsOf(pool), await callsOf(pool), await callsOf(pool)].map(({ pid }) => pid);
    expect(new Set(pids).size).toBe(1);
  });

  it('is what another process has done when one dies before it has begun a render that was sent to it', async () => {
    const pool = create({ warmUp: [{ input, finish }] });
    const { pid } = await callsOf(pool);
    await until(() => pool.stats().idle === 2);
    process.kill(pid, 'SIGSTOP');
    const rendered = callsOf(pool);
    await new Promise((resolve) => setTimeout(resolve, 100));
    process.kill(pid, 'SIGKILL');
    expect((await rendered).pid).not.toBe(pid);
    expect(pool.stats()).toMatchObject({ failed: 0, rendered: 2 });
  });

  it('of a process that cannot be started, as no file is left, ends in an error of the renderer, which goes on later', async () => {
    const program = fileURLToPath(new URL('fixtures/few-files.ts', import.meta.url));
    const run = 'ulimit -n 200 && exec "$0" --conditions=@bnc/source "$1"';
    const { stdout } = await promisify(execFile)('sh', ['-c', run, process.execPath, program]);
    expect(stdout).toBe('RenderError RENDER_CRASHED 44100');
  });
});
