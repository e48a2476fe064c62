import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeWav } from '@bnc/buffer-serializer';
import { decodeFlac } from '@bnc/buffer-serializer/flac';
import { isFiniteSound, peak } from '@bnc/testing/sound';
import tonejs from '@tonejs/midi';
import { describe, expect, test } from 'vitest';
import { runCli, runCliBytes } from './cli-process.ts';
import { makeRepository } from './git-repository.ts';
import { payloadOf } from './payloads.ts';
import { secret, TestServer } from './server.ts';
import { mainFile, useFolder } from './server-process.ts';
import { SSEReader } from './sse-reader.ts';

const folder = useFolder();

/** Whether `script`, which gives a program a terminal, is here in its Linux form. */
const hasTerminal = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;

function write(name: string, value: unknown): string {
  const file = join(folder(), name);
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
}

/** What ffprobe says of a file: its codec and its length in seconds. */
function probe(file: string): { codec: string; seconds: number } {
  const args = ['-v', 'error', '-show_entries', 'stream=codec_name:format=duration', '-of', 'default=nk=1:nw=1', file];
  const [codec = '', seconds] = execFileSync('ffprobe', args, { encoding: 'utf8' }).split('\n');
  return { codec, seconds: Number(seconds) };
}

const params = { tempo: 90, scale: ['C4', 'D4', 'E4', 'G4', 'A4'], instrumentType: 'synth', duration: 2, bars: 1 };

describe('render', { timeout: 60_000 }, () => {
  test('writes a payload as each kind of file, the same each time', async () => {
    const payload = write('push.json', payloadOf('push'));
    const render = (name: string): ReturnType<typeof runCli> =>
      runCli(['render', payload, '-o', join(folder(), name), '--rate', '16000', '--json']);
    for (const [name, codec] of [
      ['a.flac', 'flac'],
      ['a.wav', 'pcm_f32le'],
      ['a.opus', 'opus'],
    ] as const) {
      const { code, stdout } = await render(name);
      expect(code).toBe(0);
      const facts = JSON.parse(stdout) as { seconds: number; bytes: number; title: string };
      expect(facts.title).toMatch(/^Pushed 1 commit to master/);
      const file = join(folder(), name);
      expect(facts.bytes).toBe(readFileSync(file).length);
      expect(probe(file).codec).toBe(codec);
      expect(probe(file).seconds).toBeGreaterThanOrEqual(facts.seconds);
    }
    await render('b.flac');
    expect(readFileSync(join(folder(), 'b.flac'))).toEqual(readFileSync(join(folder(), 'a.flac')));
  });

  test('writes parameters and scores as MIDI, and reads and writes pipes', async () => {
    const args = ['render', '-', '-o', '-', '--format', 'mid'];
    const { code, stdout, stderr } = await runCliBytes(args, { input: JSON.stringify(params) });
    expect(code).toBe(0);
    expect(stderr).toMatch(/2\.0 s of music and its tail, 90 BPM, 1 kB/);
    const midi = new tonejs.Midi(stdout);
    expect(midi.header.tempos[0]?.bpm).toBeCloseTo(90, 2);
    const note = { time: 0, duration: 0.5, midi: 69, velocity: 0.8 };
    const score = { tempo: 120, duration: 1, prngSeed: 1, tracks: [{ instrument: 'synth', notes: [note] }] };
    const wav = await runCliBytes(['render', '-', '-o', '-', '--format', 'wav', '--rate', '8000'], {
      input: JSON.stringify(score),
    });
    const buffer = decodeWav(wav.stdout);
    expect(buffer.sampleRate).toBe(8000);
    expect(isFiniteSound(buffer.getChannelData(0))).toBe(true);
    expect(peak(buffer.getChannelData(0))).toBeGreaterThan(0.05);
  });

  test.each<[string, unknown, readonly string[], RegExp]>([
    ['is not JSON', '{', [], /x\.json is not JSON \(.+\)\. Give a webhook payload/],
    ['is a list', [], [], /does not hold a JSON object\. Give a webhook payload/],
    ['says not what it is', { repository: {} }, [], /does not say what it is\. .*--event push\.\n$/],
    [
      'makes no sound',
      payloadOf('star', 'a/b', (star) => Object.assign(star, { action: 'x' })),
      ['--event', 'star'],
      /^\nThis payload makes no sound as 'star': /,
    ],
    ['is out of range', { ...params, tempo: 999 }, [], /musical parameters that can be played: tempo.*999/],
    ['is no score', { tempo: 120, tracks: 7 }, [], /Nothing was rendered\.\n$/],
  ])('says what is wrong with a file that %s', async (_, value, args, message) => {
    const file = write('x.json', value);
    const { code, stderr } = await runCli(['render', file, '-o', join(folder(), 'x.wav'), ...args]);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(existsSync(join(folder(), 'x.wav'))).toBe(false);
  });

  test('says that a file is not there, and that one cannot be written', async () => {
    expect((await runCli(['render', 'nowhere.json', '-o', 'x.wav'])).stderr).toBe(
      '\nnowhere.json cannot be read (ENOENT). Check its name and your permissions.\n',
    );
    const file = write('x.json', params);
    expect((await runCli(['render', file, '-o', '/nowhere/x.mid'])).stderr).toBe(
      '\n/nowhere/x.mid cannot be written (ENOENT). Check the folder and your permissions.\n',
    );
  });
});

const day = 86_400_000;
const monday = Date.parse('2026-11-02T09:00:00Z');
/** Two commits in a row, one that evening, and one half a year later. */
const times = [monday, monday + 2000, monday + 10 * 3_600_000, monday + 180 * day];

describe('replay', { timeout: 90_000 }, () => {
  test('plays a history into a file: nights are short, and the file is as long as it says', async () => {
    const repository = join(folder(), 'choir');
    mkdirSync(repository);
    makeRepository(repository, times);
    const output = join(folder(), 'choir.flac');
    const { code, stdout } = await runCli(['replay', repository, '-o', output, '--minutes', '1', '--no-bed', '--json']);
    expect(code).toBe(0);
    const facts = JSON.parse(stdout) as { seconds: number; phrases: number; commits: number };
    expect(facts).toMatchObject({ commits: 4, format: 'flac' });
    expect(facts.phrases).toBeGreaterThanOrEqual(2);
    expect(facts.seconds).toBeLessThan(60);
    execFileSync('flac', ['-ts', output]);
    expect(probe(output).seconds).toBeCloseTo(facts.seconds, 0);
    const { numberOfChannels, getChannelData } = decodeFlac(readFileSync(output));
    expect(numberOfChannels).toBe(2);
    expect(
      getChannelData(0)
        .subarray(0, 44_100)
        .some((sample) => Math.abs(sample) > 0.01),
    ).toBe(true);
    expect(readdirSync(folder()).filter((name) => name.endsWith('.part'))).toEqual([]);

    const midi = join(folder(), 'choir.mid');
    await runCli(['replay', repository, '-o', midi, '--minutes', '1']);
    const { header, duration } = new tonejs.Midi(readFileSync(midi));
    expect(header.name).toBe('replay/choir');
    expect(header.meta.filter(({ type }) => type === 'marker')).toHaveLength(facts.phrases);
    expect(duration).toBeLessThan(facts.seconds);
  });

  test('plays a history live, in a room of its own, as often as it is sent', async () => {
    await using server = await TestServer.start();
    const repository = join(folder(), 'choir');
    mkdirSync(repository);
    makeRepository(repository, [monday, monday + 200]);
    const args = ['replay', repository, '--to', server.origin, '--public', '--repo', 'cats/choir', '--json'];
    const env = { GITHUB_WEBHOOK_SECRETS: secret };
    expect(await runCli(args, { env })).toMatchObject({ code: 0, stdout: expect.stringContaining('"commits":2') });
    await using reader = await SSEReader.open(`${server.origin}/stream/cats/choir?encoding=score`);
    await runCli(args, { env });
    const { data } = await reader.next('audio_buffer');
    expect(JSON.stringify(data)).toContain('Commit');
  });

  test('keeps a room private, and says how to get in', async () => {
    await using server = await TestServer.start();
    makeRepository(folder(), [monday]);
    const args = ['replay', folder(), '--to', server.origin, '--repo', 'cats/secret'];
    const { code, stderr } = await runCli(args, { env: { GITHUB_WEBHOOK_SECRETS: secret } });
    expect(code).toBe(0);
    expect(stderr).toContain("Sign in with a token ('bnc token cats/secret'), or let everyone hear it with --public.");
    expect((await fetch(`${server.origin}/health/repo/cats/secret`)).status).toBe(404);
  });

  test('leaves nothing behind when it is ended', async () => {
    makeRepository(folder(), times);
    const output = join(folder(), 'x.opus');
    const { code, stderr } = await runCli(['replay', folder(), '-o', output], {
      onStart: (child) => {
        const look = setInterval(() => {
          if (!existsSync(`${output}.part`)) return;
          clearInterval(look);
          child.kill('SIGTERM');
        }, 5);
      },
    });
    expect({ code, stderr }).toEqual({ code: 143, stderr: '\nEnded before it was done.\n' });
    expect(readdirSync(folder()).filter((name) => name.startsWith('x'))).toEqual([]);
  });

  test.each([
    [[], 2, /^\nSay where the music goes: into a file with -o/],
    [['-o', 'x.flac', '--max', '0'], 2, /^\n--max must be a whole number from 1 to 100000, not '0'\.\n$/],
    [['-o', 'x.flac', '--minutes', '1.5'], 2, /^\n--minutes must be a whole number from 1 to 180, not '1\.5'\.\n$/],
    [['-o', 'x.flac', '--repo', 'choir'], 2, /^\n--repo must be a name such as owner\/repo, not 'choir'\.\n$/],
    [['-o', 'x.flac', '--since', '2099-01-01'], 1, /has no commits since '2099-01-01'\. Name an earlier moment/],
    [['--to', 'http://127.0.0.1:1'], 1, /^\nNo webhook secret to sign with: /],
  ])('says what is wrong with %j', async (args, exitCode, message) => {
    makeRepository(folder(), [monday]);
    const { code, stderr } = await runCli(['replay', folder(), ...args], { cwd: folder() });
    expect(code).toBe(exitCode);
    expect(stderr).toMatch(message);
  });

  test.skipIf(!hasTerminal)('shows how far it is on a terminal, and nothing where its output is read', async () => {
    makeRepository(folder(), times);
    const output = join(folder(), 'x.mid');
    const words = `'${process.execPath}' '${mainFile}' replay '${folder()}' -o '${output}'`;
    const shown = execFileSync('script', ['-qec', words, '/dev/null'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const end = '\u001b[K';
    expect(shown).toContain(`\rreading commit 1${end}\rreading commit 2${end}`);
    expect(shown).toContain(`\r${end}${output}: 0:`);
    const { stdout, stderr } = await runCli(['replay', folder(), '-o', output]);
    expect(stderr).toBe('');
    expect(stdout.slice(output.length)).toMatch(/^: 0:\d\d min, \d phrases from 4 commits, \d+ kB\n$/);
  });

  test('says that a folder is not a repository', async () => {
    expect((await runCli(['replay', folder(), '-o', 'x.flac'])).stderr).toMatch(
      /^\ngit cannot read .+not a git repository/,
    );
  });
});
