import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';

const folder = new URL('..', import.meta.url);

async function findPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Reads the first event of a stream, once its server listens. */
async function firstEvent(url: string): Promise<string> {
  let response: Response | undefined;
  await expect
    .poll(async () => {
      response = await fetch(url).catch(() => undefined);
      return response?.status;
    })
    .toBe(200);
  const reader = response?.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  await reader?.cancel();
  return new TextDecoder().decode(value);
}

test('the first program of the README sends sound, and the newest to a listener that comes late', async () => {
  const [, program = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(new URL('README.md', folder), 'utf8')) ?? [];
  const port = await findPort();
  // Sound comes once, so that a listener that comes after it can receive only the newest.
  const code = program.replace('3000', String(port)).replace('setInterval', 'setTimeout').replace('1000', '200');
  const child = spawn(
    process.execPath,
    ['--conditions=@bnc/source', '--no-warnings', '--input-type=module-typescript', '--eval', code],
    { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  onTestFinished(() => void child.kill());
  const event = 'data: {"url":"/clips/1.flac"}\n\n';
  for (const path of ['owner/repo', 'OWNER/REPO', '']) {
    expect(await firstEvent(`http://127.0.0.1:${port}/${path}`)).toBe(event);
  }
  expect(child.exitCode).toBeNull();
});
