import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mainFile, runServer, type ServerProcess, useFolder } from './server-process.ts';

const folder = useFolder();

function run(args: string[], env: Record<string, string> = {}): ServerProcess {
  return runServer(args, { DATA_DIR: join(folder(), 'data'), ...env });
}

describe('the server process', { timeout: 60_000 }, () => {
  test('prints where to listen and what to paste into GitHub, and the secret only once', async () => {
    const first = run([]);
    const output = await first.says('Ctrl-C stops the server.');
    expect(output).toMatch(/plays at +http:\/\/127\.0\.0\.1:\d+\//);
    expect(output).toMatch(/Payload URL +http:\/\/127\.0\.0\.1:\d+\/webhooks\/github/);
    const kept = readFileSync(join(folder(), 'data', 'webhook-secret'), 'utf8').trim();
    expect(output).toContain(kept);
    first.child.kill('SIGTERM');
    expect((await first.ended).code).toBe(0);

    const second = run([]);
    expect(await second.says('Ctrl-C stops the server.')).not.toContain(kept);
    second.child.kill('SIGINT');
    expect((await second.ended).code).toBe(0);
  });

  test('stops as for SIGTERM when the npx that started it is gone', {
    skip: process.platform === 'win32',
  }, async () => {
    const command = `'${process.execPath}' '${mainFile}' --port 0 --json & wait`;
    const parent = spawn('sh', ['-c', command], {
      env: { PATH: process.env.PATH, DATA_DIR: join(folder(), 'data'), npm_command: 'exec' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(parent.stdout, 'close');
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const { url } = JSON.parse(String(line)) as { readonly url: string };
    expect((await fetch(`${url}livez`)).status).toBe(200);
    parent.kill('SIGKILL');
    // The server held this pipe too.
    await closed;
    await expect(fetch(`${url}livez`)).rejects.toThrow();
  });

  test('shows its options without starting anything', async () => {
    const { code, output } = await run(['--help']).ended;
    expect(code).toBe(0);
    expect(output).toContain('--data-dir');
  });

  test('says in one sentence that its port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const { code, output } = await run([], { PORT: String(port) }).ended;
    other.close();
    expect(code).toBe(1);
    expect(output.trim()).toBe(
      `Port ${port} on 127.0.0.1 is in use: stop the other program, or set PORT (or --port) to another one.`,
    );
  });

  test('says in one sentence that its data folder cannot be written', async () => {
    writeFileSync(join(folder(), 'file'), '');
    const dataDir = join(folder(), 'file', 'data');
    const { code, output } = await run(['--data-dir', dataDir]).ended;
    expect(code).toBe(1);
    expect(output.trim()).toMatch(new RegExp(`^DATA_DIR: cannot write to ${dataDir} \\(ENOTDIR\\)\\. [^\n]+$`));
  });

  test('says in one sentence that another server uses its data folder', async () => {
    const first = run([]);
    await first.says('Ctrl-C stops the server.');
    const { code, output } = await run([]).ended;
    expect(code).toBe(1);
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(output).toContain('events.sqlite');
  });

  test('refuses an unknown option and a wrong setting with the way out', async () => {
    expect(await run(['--prot', '1']).ended).toMatchObject({ code: 2, output: expect.stringContaining('--help') });
    expect(await run([], { PORT: 'abc' }).ended).toMatchObject({
      code: 2,
      output: expect.stringContaining("PORT must be a whole number from 0 to 65535, not 'abc'."),
    });
  });

  test('ends when whoever started it is gone', async () => {
    const parent = spawn(
      process.execPath,
      [
        '-e',
        `const { spawn } = require('node:child_process');
         const child = spawn(process.execPath, [${JSON.stringify(mainFile)}], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
         console.log('child ' + child.pid);`,
      ],
      {
        env: { PATH: process.env.PATH, DATA_DIR: join(folder(), 'data'), PORT: '0' },
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    let output = '';
    await new Promise<void>((resolve) => {
      parent.stdout.on('data', (chunk: Buffer) => {
        output += String(chunk);
        if (output.includes('Ctrl-C stops the server.')) resolve();
      });
    });
    const pid = Number(/child (\d+)/.exec(output)?.[1]);
    parent.kill('SIGKILL');
    const isAlive = (): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    await expect.poll(isAlive, { timeout: 20_000 }).toBe(false);
  });
});
