import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleDeclarations } from '@bnc/config/declarations';
import { afterAll, expect, onTestFinished, test } from 'vitest';

const pages = ['../README.md', '../docs/frameworks.md'].map((page) =>
  readFileSync(new URL(page, import.meta.url), 'utf8'),
);
const servers = [...pages.join('\n').matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
  .map(([, code = '']) => code)
  .filter((code) => code.includes('new SSEManager') && code.includes('3000'))
  .map((code) => [/from '((?:node:http|express|hono|fastify))'/.exec(code)?.[1] ?? '', code] as const);

// Inside the package, so that its own name leads to its sources.
const folder = mkdtempSync(fileURLToPath(new URL('../.readme-', import.meta.url)));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

test('there is an example for each way to serve', () => {
  expect(servers.map(([name]) => name)).toEqual(['node:http', 'express', 'hono', 'fastify']);
});

test.each(servers)(
  'the example for %s serves a stream, refuses with a status, and notices who leaves',
  async (name, code) => {
    const port = await freePort();
    const file = join(folder, `${name.replace(':', '-')}.ts`);
    const limited = code.replace(/new SSEManager\((\{)?/, (_, brace) =>
      brace === undefined
        ? 'new SSEManager({ limits: { maxConnections: 1 } }'
        : 'new SSEManager({ limits: { maxConnections: 1 },',
    );
    writeFileSync(file, limited.replace('3000', String(port)).replace('1000', '20'));
    const child = spawn(process.execPath, ['--conditions=@bnc/source', file], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    onTestFinished(() => void child.kill());
    const open = async (accept = 'text/event-stream') => {
      const controller = new AbortController();
      const { signal } = controller;
      const response = await fetch(`http://localhost:${port}/stream`, { headers: { accept }, signal }).catch(
        () => undefined,
      );
      return { response, leave: () => controller.abort() };
    };
    let first = await open();
    const deadline = performance.now() + 10_000;
    while (!first.response && performance.now() < deadline) {
      await wait(20);
      first = await open();
    }
    expect(first.response?.headers.get('content-type')).toBe('text/event-stream');
    const reader = first.response?.body?.getReader();
    let text = '';
    while (!text.includes('data: {"type":"tick"}')) text += new TextDecoder().decode((await reader?.read())?.value);
    const second = await open();
    expect([second.response?.status, Number(second.response?.headers.get('retry-after')) > 0]).toEqual([503, true]);
    expect((await open('text/html')).response?.status).toBe(406);
    first.leave();
    for (let status = 503; status !== 200; ) status = (await open()).response?.status ?? 0;
  },
);

/** What the compiler has to say about the files of a folder that match. */
async function problemsIn(files: string): Promise<string> {
  const config = join(folder, `tsconfig-${files.replace('*', 'all')}.json`);
  writeFileSync(config, JSON.stringify({ extends: '../../../tsconfig.base.json', include: [files] }));
  const compiler = fileURLToPath(new URL('../../../node_modules/.bin/tsc', import.meta.url));
  return promisify(execFile)(compiler, ['-p', config]).then(
    ({ stdout }) => stdout,
    (error: { stdout?: string; message: string }) => error.stdout || error.message,
  );
}

test('the declarations that are published know the route option, and no other', { timeout: 60_000 }, async () => {
  const declarations = await bundleDeclarations(fileURLToPath(new URL('../src/fastify.ts', import.meta.url)));
  writeFileSync(join(folder, 'plugin.d.ts'), declarations);
  const code = `
    import Fastify from 'fastify';
    import { sse, type SSEPluginOptions } from './plugin.js';
    export async function start(options: SSEPluginOptions<object>): Promise<void> {
      const app = Fastify();
      await app.register(sse, options);
      app.get('/stream', { sse: 'only' }, (_request, reply) => {
        reply.connectSSE({ channel: 'news' });
      });
      // @ts-expect-error -- not an option: finding nothing wrong with the one above means something
      app.get('/other', { sse: 'often' }, () => '');
    }`;
  writeFileSync(join(folder, 'stranger.ts'), code);
  expect(await problemsIn('stranger.ts')).toBe('');
});
