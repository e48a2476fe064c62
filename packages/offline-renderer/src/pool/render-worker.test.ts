import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const url = new URL('./render-worker.ts', import.meta.url).href;

/** Blocks the main thread until the process has long said that it is ready, and kills it before that is read. */
const script = `
  const { RenderWorker } = await import(${JSON.stringify(url)});
  const worker = new RenderWorker(new URL('../process/render-program.ts', ${JSON.stringify(url)}), 2 ** 29);
  worker.ready.catch(() => {});
  await new Promise(setImmediate);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500);
  await worker.kill();
  console.log('gone');
`;

test('a process that is killed as it gets ready keeps its parent alive until it is gone', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@bnc/source',
    '--input-type=module',
    '--eval',
    script,
  ]);
  expect(stdout).toBe('gone\n');
});
