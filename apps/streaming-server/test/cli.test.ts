import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { settings } from '../src/settings/config.ts';
import { runCli } from './cli-process.ts';
import { useFolder } from './server-process.ts';

const folder = useFolder();

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
  readonly version: string;
};

const commands = [
  'serve',
  'doctor',
  'token',
  'room list',
  'room show',
  'room set',
  'room forget',
  'render',
  'replay',
  'watch',
];

describe('the command line', { timeout: 60_000 }, () => {
  test('explains itself: every command, and every setting with its variable and its option', async () => {
    const { code, stdout } = await runCli(['--help']);
    expect(code).toBe(0);
    for (const command of commands) expect(stdout).toContain(`  ${command.split(' ')[0]} `);
    for (const { variable, flag } of settings) {
      expect(stdout).toContain(`  ${variable}=`);
      if (flag !== undefined) expect(stdout).toContain(`--${flag} <`);
    }
    expect(await runCli(['-h'])).toMatchObject({ code: 0, stdout });
    expect((await runCli(['help', 'room', 'set'])).stdout).toMatch(/^Usage: bnc room set /);
  });

  test.each(commands)('%s explains itself', async (command) => {
    const { code, stdout } = await runCli([...command.split(' '), '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: bnc ${command} \\[options\\]`));
    expect(stdout).toContain('--json');
  });

  test('prints its version', async () => {
    expect(await runCli(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test.each([
    [['sevre'], "Unknown command 'sevre'. Did you mean serve? Run 'bnc --help' to see how to use it."],
    [['--prot', '1'], "Unknown option '--prot'. Did you mean --port? Run 'bnc serve --help' to see how to use it."],
    [
      ['doctor', '--hots', 'x'],
      "Unknown option '--hots'. Did you mean --host? Run 'bnc doctor --help' to see how to use it.",
    ],
    [['--port'], "Option '--port <number>' argument missing. Run 'bnc serve --help' to see how to use it."],
    [['room', 'lst'], "Unknown command 'lst'. Did you mean list? Run 'bnc room --help' to see how to use it."],
    [['token'], "Missing required argument 'room'. Run 'bnc token --help' to see how to use it."],
    [['token', 'a/b', '--minutes', 'x'], "--minutes must be a whole number from 0 to 43200, not 'x'."],
    [
      ['render', 'x.json', '-o', 'x.mp3'],
      "'x.mp3' does not say what to write: end it in .wav, .flac, .opus or .mid, or add --format.",
    ],
    [
      ['render', 'x.json', '-o', '-'],
      'Standard output has no name that says what to write: add --format wav, flac, opus or mid.',
    ],
    [['render', 'x.json', '-o', 'x.wav', '--rate', '1'], "--rate must be a whole number from 8000 to 192000, not '1'."],
    [['watch', 'nothing', '--print'], "A repository has a name such as owner/repo, not 'nothing'."],
    [['watch', 'a/b', '--newest', '101'], "--newest must be a whole number from 0 to 100, not '101'."],
    [['room', 'list', '--url', 'example.com'], "A server has a URL such as http://127.0.0.1:3000, not 'example.com'."],
    [['serve', '--port', 'abc'], "--port must be a whole number from 0 to 65535, not 'abc'."],
  ])('says what is wrong with %j, and ends with 2', async (args, message) => {
    expect(await runCli(args, { cwd: folder() })).toEqual({ code: 2, stdout: '', stderr: `\n${message}\n` });
  });

  test('says it as JSON where a machine reads along', async () => {
    const { code, stderr } = await runCli(['token', 'a/b', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'CLI_OPERATOR', message: expect.stringContaining('ADMIN_TOKENS') },
    });
  });
});
