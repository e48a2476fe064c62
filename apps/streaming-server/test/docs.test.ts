import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { deserialize, type SerializedPcm } from '@bnc/buffer-serializer';
import { deserializeScore } from '@bnc/buffer-serializer/score';
import type { Fence } from '@bnc/testing/fences';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blocks, blocksOf, fieldsOf, rendersMinutes } from './docs-blocks.ts';
import { DocsStage } from './docs-stage.ts';
import { freePort } from './nginx.ts';
import { runServer, useFolder } from './server-process.ts';
import { SSEReader } from './sse-reader.ts';

const root = resolve(import.meta.dirname, '../../..');
const folder = useFolder();

let stage: DocsStage;
beforeAll(async () => {
  stage = await DocsStage.start();
});
afterAll(() => stage[Symbol.asyncDispose]());

/** The only block with these contents. */
function blockWith(info: string, contents: RegExp): Fence {
  const found = blocksOf(info, contents);
  expect(found.map(({ at }) => at)).toHaveLength(1);
  return found[0] as Fence;
}

/** Returns the start of a text that is not as a page shows it: `…` stands for anything, and a number for any number. */
function firstDifference(text: string, shown: string): string {
  const parts = shown
    .split(/ ?… ?/)
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll(/\d+/g, '\\d+'));
  return new RegExp(`^${parts.join('[\\s\\S]*?')}$`).test(text) ? '' : `${text.slice(0, 2000)}\nis not\n${shown}`;
}

/** Reads JSON of a page, in which `…` stands for what is left out. */
function readJson(code: string): unknown {
  return JSON.parse(code.replaceAll(/, …|(?<=[[{]) … (?=[\]}])/g, ''));
}

/** Fetches from the stage's server. */
async function get(path: string): Promise<unknown> {
  return (await fetch(`${stage.server.origin}${path}`)).json();
}

describe('in the docs', { timeout: 60_000 }, () => {
  // Those that render for minutes are tried in docs.soak.test.ts.
  const quick = blocksOf('sh').filter((block) => !rendersMinutes(block));
  test.each(quick)('the commands of $at run, and servers start with their settings', async (block) => {
    // No delivery has failed here.
    const isEmpty = block.code.includes('/dead-letters/1');
    const { output, configs } = await stage.run(block, { DOCS_REFUSED: isEmpty ? 'DEAD_LETTER_NOT_FOUND' : '' });
    if (/\bnpm start|(?:^|\n)[A-Z_]+=\S+\n/.test(block.code)) expect(configs).not.toEqual([]);
    for (const [, shown = ''] of block.code.matchAll(/^# (\{.*\})$/gm)) {
      expect(fieldsOf(JSON.parse(output.trim()))).toEqual(fieldsOf(JSON.parse(shown)));
    }
  });

  test.each(blocksOf('console', /^\$ curl/))(
    'the stream of $at begins with what stands there',
    async ({ code, shown }) => {
      const [command = ''] = code.split('\n');
      const { output } = await stage.run({ code: command.slice(2) });
      const types = shown.map((line) => /^data: \{"type":"(\w+)"/.exec(line)?.[1]);
      const messages = types.map((type) =>
        output.split('\n').find((line) => line.startsWith(`data: {"type":"${type}"`)),
      );
      expect(firstDifference(messages.join('\n'), shown.join('\n'))).toBe('');
    },
  );

  test.each(blocksOf('console', /^\$ bnc/))('the command of $at prints what stands there', async ({ code, shown }) => {
    const [command = ''] = code.split('\n');
    const { output } = await stage.run(
      { code: command.slice(2) },
      { PORT: String(await freePort()), ADMIN_TOKENS: undefined },
    );
    expect(firstDifference(output, `${shown.join('\n')}…`)).toBe('');
  });

  test('a server prints what stands there', async () => {
    const server = runServer([], { DATA_DIR: join(folder(), 'data') });
    const origin = await server.origin();
    const [output = ''] = (await server.says('Ctrl-C stops the server.')).split(/(?<=Ctrl-C stops the server\.)\n/);
    const { code } = blockWith('text', /plays at/);
    const shown = code
      .trim()
      .replaceAll('http://127.0.0.1:3000', origin)
      .replaceAll('/srv/data', join(folder(), 'data'))
      .replace('<64 digits>', '…');
    expect(firstDifference(output.trim(), shown)).toBe('');
  });

  test('the program of a page plays what comes', async () => {
    const { code } = blockWith('js', /EventSource/);
    const play = '(buffer, startAt) => { console.log(JSON.stringify({ buffer, startAt })); process.exit(); }';
    const program = `const play = ${play};\n${code.replace("'/stream", `'${stage.server.origin}/stream`)}`;
    const args = ['--experimental-eventsource', '--no-warnings', '--input-type=module', '--eval', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 });
    expect(JSON.parse(stdout)).toEqual({
      buffer: expect.objectContaining({ renditions: [expect.objectContaining({ encoding: 'flac' })] }),
      startAt: expect.any(Number),
    });
  });
});

describe('the JSON of the docs', { timeout: 60_000 }, () => {
  test('of a history has the fields of a history', async () => {
    const shown = readJson(blockWith('json', /"phrases"/).code);
    const optional = ['next', 'interrupts', 'room', 'params', 'activity', 'tells', 'reasons'];
    const { phrases, ...page } = (await get('/repos/octo/cat/history')) as { readonly phrases: readonly object[] };
    // The oldest was heard.
    expect(fieldsOf({ ...page, phrases: phrases.slice(-1) }, optional)).toEqual(fieldsOf(shown, optional));
    expect(Object.keys((shown as { phrases: object[] }).phrases[0] ?? {})).toEqual(
      expect.arrayContaining(['params', 'activity', 'reasons']),
    );
  });

  test('of an error is an error', async () => {
    expect(await get('/stream/octo/secret')).toEqual(readJson(blockWith('json', /"statusCode"/).code));
  });

  test('of sound can be read, and two of it are the same sound', async () => {
    const decimals = deserialize(readJson(blockWith('json', /"channels"/).code) as never);
    const { id: _, ...pcm } = readJson(blockWith('json', /"pcm-f32le"/).code) as SerializedPcm;
    const samples = [0.1, -0.5, 0].map(Math.fround);
    expect([...decimals.getChannelData(0)]).toEqual(samples);
    expect([...deserialize(pcm as SerializedPcm).getChannelData(0)]).toEqual(samples);
    const { score } = deserializeScore(readJson(blockWith('json', /"score"/).code));
    expect(score.tempo).toBe(99);
  });

  test('of links has the fields of links', async () => {
    const shown = readJson(blockWith('json', /"renditions"/).code);
    await using reader = await SSEReader.open(`${stage.server.origin}/stream/octo/cat?delivery=url&format=flac`);
    const { data } = await reader.next('audio_buffer');
    expect(fieldsOf(data.buffer, ['gain'])).toEqual(fieldsOf(shown));
  });

  test('of a message has the fields of that message', () => {
    const message = readJson(blockWith('json', /"type"/).code) as { readonly type: string; readonly data: object };
    const { type, data, ...others } = message;
    expect(Object.keys(others)).toEqual(['timestamp']);
    const contract = readFileSync(join(root, 'packages/contracts/src/stream.ts'), 'utf8');
    const [, declared = ''] = new RegExp(`^  ${type}: \\{([^}]*)\\}`, 'm').exec(contract) ?? [];
    expect(Object.keys(data)).toEqual([...declared.matchAll(/readonly (\w+)/g)].map(([, name]) => name));
  });
});

test('a stream of several rooms names the fields of a message in the order of the docs', async () => {
  const { code } = blockWith('text', /^channel: /m);
  const abort = new AbortController();
  const url = `${stage.server.origin}/stream?repo=octo/cat&repo=owner/repo&format=score`;
  const { body } = await fetch(url, { signal: abort.signal });
  let text = '';
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (/"audio_buffer".*\n\n/.test(text)) break;
  }
  abort.abort();
  const message = text.split('\n\n').find((one) => one.includes('"audio_buffer"')) ?? '';
  const names = (one: string): readonly string[] => [...one.matchAll(/^(\w+): /gm)].map(([, name = '']) => name);
  expect(names(message)).toEqual(names(code));
});

test.each(blocksOf('text', /music:generated/))(
  'the picture of $at names topics and packages that exist',
  ({ code }) => {
    const events = readFileSync(join(root, 'apps/streaming-server/src/rooms/events.ts'), 'utf8');
    const topics = [...code.matchAll(/\b[a-z]+(?::[a-z]+)+/g)].map(([topic]) => topic);
    expect(topics).toContain('webhook:github');
    expect(topics.filter((topic) => !events.includes(topic))).toEqual([]);
    const words = [...code.matchAll(/\b[a-z]+-[a-z]+\b/g)].map(([word]) => word);
    const packages = globSync('packages/*', { cwd: root }).map((path) => path.slice(9));
    expect(words.filter((word) => !packages.includes(word))).toEqual([]);
  },
);

test('every block of code in the docs is one that is tried', () => {
  // Settings of nginx are tried where nginx runs: see proxy.soak.test.ts.
  const tried = new Set(['sh', 'console', 'js', 'json', 'nginx']);
  const pictures = [/plays at/, /^channel: /m, /music:generated/];
  const others = blocks.filter(
    ({ info, code }) => !tried.has(info) && !(info === 'text' && pictures.some((picture) => picture.test(code))),
  );
  expect(others.map(({ at, info }) => `${at} ${info}`)).toEqual([]);
  expect(blocksOf('json')).toHaveLength(7);
});
