import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from './cli-process.ts';
import { pushOf } from './pushes.ts';
import { operatorToken, secret, TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ adminTokens: [operatorToken] });
  await server.deliver('push', pushOf('octo/open', 11));
  await server.deliver('push', pushOf('octo/secret', 12, true));
});
afterAll(() => server.close());

/** Runs a command of the operator against the server. */
function operate(...args: readonly string[]): ReturnType<typeof runCli> {
  return runCli([...args, '--url', server.origin], { env: { ADMIN_TOKENS: `${operatorToken}, another` } });
}

/** An address at which nothing listens any more. */
async function urlOfNobody(): Promise<string> {
  const gone = createServer().listen(0, '127.0.0.1');
  await new Promise((settle) => gone.once('listening', settle));
  const { port } = gone.address() as { port: number };
  await new Promise((settle) => gone.close(settle));
  return `http://127.0.0.1:${port}`;
}

describe('commands of the operator', { timeout: 60_000 }, () => {
  test('make a token that opens a private room, alone on standard output', async () => {
    const { code, stdout, stderr } = await operate('token', 'octo/secret', '--name', 'Ada', '--minutes', '30');
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^Send this token to Ada before .+\. Pasted into the page of the room, it is renewed until .+\.\n$/,
    );
    expect(stdout).toMatch(/^\S+\n$/);
    const authorization = `Bearer ${stdout.trim()}`;
    await using reader = await SSEReader.open(`${server.origin}/stream/octo/secret`, { authorization });
    await using hopeful = await SSEReader.open(`${server.origin}/stream/octo/hookless`);
    await using another = await SSEReader.open(`${server.origin}/stream/octo/hookless`);
    // Its first phrase is there.
    await reader.next('audio_buffer', 0, 30_000);
    const { stdout: list } = await operate('room', 'list', '--json');
    expect(JSON.parse(list)).toMatchObject({
      rooms: [
        { name: 'octo/hookless', listeners: 2, isUnknown: true },
        { name: 'octo/secret', listeners: 1, isPrivate: true, settings: {}, newest: { title: expect.any(String) } },
        { name: 'octo/open', listeners: 0, isPrivate: false },
      ],
    });
    expect((await operate('room', 'list')).stdout).toMatch(
      /^ROOM +LISTENERS +PLAYED \(UTC\) +LAST +SETTINGS\nocto\/hookless +2 +never +no delivery yet\nocto\/secret +1 +\d{4}-\d\d-\d\d \d\d:\d\d .+ private\nocto\/open +0 +/,
    );
    expect([reader, hopeful, another].map(({ messages }) => messages.length > 0)).toEqual([true, true, true]);
  });

  test('show and change what a room plays, and bring defaults back', async () => {
    const set = [
      '--theme',
      'lofi',
      '--tempo',
      '60-90',
      '--bed',
      'off',
      '--heard',
      'important',
      '--quiet',
      '22:00-07:00',
    ];
    expect(await operate('room', 'set', 'octo/open', ...set, '--time-zone', 'Europe/Berlin')).toMatchObject({
      code: 0,
    });
    expect((await operate('room', 'show', 'octo/open')).stdout).toBe(
      [
        'room       octo/open',
        'listeners  0',
        'theme      lofi',
        'tempo      60-90',
        'heard      important',
        'bed        off',
        'quiet      22:00-07:00 Europe/Berlin',
        '',
      ].join('\n'),
    );
    const { stdout } = await operate('room', 'set', 'octo/open', '--theme', 'default', '--quiet', 'default', '--json');
    expect(JSON.parse(stdout)).toEqual({
      repoId: 'octo/open',
      settings: { tempo: [60, 90], bed: false, heard: 'important' },
    });
    expect((await operate('room', 'list')).stdout).toContain('tempo 60-90, heard important, bed off\n');
  });

  test('forget a repository, though not without being told to', async () => {
    await server.deliver('push', pushOf('octo/gone', 13));
    expect(await operate('room', 'forget', 'octo/gone')).toMatchObject({
      code: 2,
      stderr: '\nThere is no terminal to ask in: add --yes to forget it without confirmation.\n',
    });
    expect((await operate('room', 'show', 'octo/gone')).code).toBe(0);
    expect(await operate('room', 'forget', 'octo/gone', '--yes')).toMatchObject({ code: 0 });
    expect(await operate('room', 'show', 'octo/gone')).toMatchObject({
      code: 1,
      stderr: '\nThere is no such repository here.\n',
    });
  });

  test.each([
    [['room', 'set', 'octo/open'], /^\nName at least one setting, such as --theme lofi\./],
    [
      ['room', 'set', 'octo/open', '--tempo', 'fast'],
      /^\n--tempo must be two numbers of 40 to 200, such as 60-108, not 'fast'\.\n$/,
    ],
    [['room', 'set', 'octo/open', '--bed', 'soft'], /^\n--bed must be on or off, not 'soft'\.\n$/],
    [
      ['room', 'set', 'octo/open', '--theme', 'techno'],
      /^\ntheme must be one of chamber, ambient, 8-bit, lofi, not "techno"\.\n$/,
    ],
    [['room', 'set', 'octo/open', '--time-zone', 'UTC'], /^\n--time-zone belongs to --quiet: name both\.\n$/],
    [['token', 'octo/unknown'], /^\nThere is no such repository here\.\n$/],
    [
      ['token', 'octo/open', '--minutes', '50000'],
      /^\nrenewableMinutes must be a number from 0 to 43200, not 50000\.\n$/,
    ],
    [
      ['token', 'octo/open', '--name', 'a;b'],
      /^\nname must have 1 to 64 letters, digits, spaces and \._@-, not "a;b"\.\n$/,
    ],
  ])('say what is wrong with %j', async (args, message) => {
    const { code, stderr } = await operate(...args);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toMatch(message);
  });

  test('say what to do when there is no server, another program, a wrong token, or none', async () => {
    const list = (url: string, token?: string): ReturnType<typeof runCli> =>
      runCli(['room', 'list', '--url', url], { env: token === undefined ? {} : { ADMIN_TOKENS: token } });
    const nobody = await urlOfNobody();
    expect((await list(nobody, operatorToken)).stderr).toBe(
      `\nNo server responds at ${nobody} (ECONNREFUSED). Start one with 'bnc serve', or give the URL of another one.\n`,
    );
    const other = createServer((_request, response) => response.end('<html>')).listen(0, '127.0.0.1');
    await new Promise((settle) => other.once('listening', settle));
    const { port } = other.address() as { port: number };
    expect((await list(`http://127.0.0.1:${port}/`, operatorToken)).stderr).toContain(
      `What responds at http://127.0.0.1:${port} (200) is not a server of bots-n-cats.`,
    );
    other.close();
    const moved = createServer((_request, response) =>
      response.writeHead(301, { location: 'https://music.example.com/rooms' }).end(),
    ).listen(0, '127.0.0.1');
    await new Promise((settle) => moved.once('listening', settle));
    const from = `http://127.0.0.1:${(moved.address() as { port: number }).port}`;
    expect((await list(from, operatorToken)).stderr).toBe(
      `\n${from} redirects to https://music.example.com: name the address at which the server itself responds.\n`,
    );
    moved.close();
    expect((await list(server.origin, 'x'.repeat(40))).stderr).toBe(
      `\nThe server at ${server.origin} does not know this token: set ADMIN_TOKENS to one that it was started with.\n`,
    );
    expect((await list(server.origin)).stderr).toMatch(/^\nADMIN_TOKENS is not set\. /);
  });
});

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** As much of GitHub's API as a watcher needs, on loopback; it sends the answers in turn, and the last one for good. */
async function serveEvents(answers: readonly Answer[]): Promise<{ url: string; close(): void }> {
  let asked = 0;
  const api = createServer((_request, response) => {
    const { status, body } = answers[Math.min(asked++, answers.length - 1)] ?? { status: 500, body: {} };
    response.writeHead(status, { 'x-poll-interval': '1', 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await new Promise((settle) => api.once('listening', settle));
  const { port } = api.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, close: () => api.close() };
}

function star(id: number): object {
  return {
    id: String(id),
    type: 'WatchEvent',
    public: true,
    created_at: new Date(Date.now() - 60_000 + id).toISOString(),
    actor: { id: 7, login: `fan-${id}` },
    repo: { id: 77, name: 'cats/choir' },
    payload: { action: 'started' },
  };
}

describe('watch', { timeout: 60_000 }, () => {
  test('plays what happens in a repository, and ends well by Ctrl-C', async () => {
    const api = await serveEvents([
      { status: 200, body: [star(3), star(2), star(1)] },
      { status: 200, body: [star(4), star(3), star(2), star(1)] },
    ]);
    let output = '';
    const args = ['watch', 'cats/choir', '--to', server.origin, '--api-url', api.url, '--newest', '2', '--json'];
    const { code } = await runCli(args, {
      env: { GITHUB_WEBHOOK_SECRETS: secret },
      onStart: (child) => {
        child.stdout?.on('data', (chunk: Buffer) => {
          output += String(chunk);
          if (output.includes('fan-4')) child.kill('SIGINT');
        });
      },
    });
    api.close();
    expect(code).toBe(0);
    const lines = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { actor: string; title: string });
    expect(lines.map(({ actor }) => actor)).toEqual(['fan-2', 'fan-3', 'fan-4']);
    expect(lines[0]?.title).toBe('Starred the repository');
    const { stdout } = await operate('room', 'show', 'cats/choir');
    expect(stdout).toMatch(/^room +cats\/choir\n/);
  });

  test('says what it lacks: a repository, the secret of the server, a server', async () => {
    const api = await serveEvents([{ status: 404, body: { message: 'Not Found' } }]);
    const watch = (env: Record<string, string>, ...args: string[]): ReturnType<typeof runCli> =>
      runCli(['watch', 'cats/none', '--api-url', api.url, ...args], { env });
    expect(await watch({}, '--print')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'GitHub responded 404 to a request for the events of cats/none (Not Found). Check the name',
      ),
    });
    expect((await watch({ GITHUB_WEBHOOK_SECRETS: 'another-secret-of-16' }, '--to', server.origin)).stderr).toContain(
      `The server at ${server.origin} has another webhook secret: set GITHUB_WEBHOOK_SECRETS to the same value as on the server`,
    );
    expect((await watch({ DATA_DIR: '/nowhere' }, '--to', server.origin)).stderr).toContain(
      'No webhook secret to sign with: /nowhere/webhook-secret cannot be read (ENOENT).',
    );
    const nobody = await urlOfNobody();
    expect((await watch({ GITHUB_WEBHOOK_SECRETS: secret }, '--to', nobody)).stderr).toContain(
      `No server responds at ${nobody}`,
    );
    api.close();
  });
});

test('the page that the package brings is the one that was built', () => {
  const page = (folder: string): string => readFileSync(join(import.meta.dirname, folder, 'index.html'), 'utf8');
  expect(page('../dist/page')).toBe(page('../../web-client/dist'));
});
