import { setTimeout as wait } from 'node:timers/promises';
import { type Theme, themes } from '@bnc/music-engine';
import { Command, Option } from 'commander';
import type { SoundFormat } from '../export/encode-blocks.ts';
import { midiOf } from '../export/midi.ts';
import { CliError } from './cli-error.ts';
import { Deliveries } from './deliveries.ts';
import { endSignal } from './end-signal.ts';
import { type History, pushOf, readHistory } from './replay/history.ts';
import { type Played, play } from './replay/play.ts';
import { shorten } from './replay/schedule.ts';
import { fileOf, secondsOf, spanOf } from './replay/to-file.ts';
import { encodingOf, type SoundEncoding, soundEncodings } from './sound-file.ts';
import { Terminal } from './terminal.ts';
import { writeStream } from './write-stream.ts';

interface ReplayOptions {
  readonly output?: string;
  readonly to?: string;
  readonly format?: SoundEncoding;
  readonly since?: string;
  readonly max: string;
  readonly minutes: string;
  readonly repo?: string;
  readonly theme?: Theme;
  readonly bed: boolean;
  readonly public?: boolean;
  readonly dataDir?: string;
  readonly json?: boolean;
}

/** `bnc replay`: the history of a git repository as a piece of music. */
export function replayCommand(): Command {
  return new Command('replay')
    .description('play the history of a local git repository: into a file, or live through a server')
    .argument('<path>', 'a folder in the repository')
    .option('-o, --output <file>', 'write a file: .wav, .flac, .opus or .mid; - is standard output')
    .option('--to <url>', 'send each commit to a server, as if it were pushed now')
    .option('--since <moment>', "leave out older commits; in any form that git reads, such as '1 month ago'")
    .option('--max <number>', 'how many of the newest commits to play at most, 1 to 100000', '1000')
    .option('--minutes <number>', 'about how many minutes it may last, 1 to 180; time is sped up to fit', '5')
    .option('--repo <owner/repo>', 'the name of its room (default: replay/ and the name of the folder)')
    .addOption(
      new Option('--format <name>', 'what to write (default: by the name of the file)').choices(soundEncodings),
    )
    .addOption(new Option('--theme <name>', 'the arrangement, in a file').choices(themes))
    .option('--no-bed', 'leave out the bed under the phrases, in a file')
    .option('--public', 'let everyone who reaches the server hear it (default: a private room)')
    .option('--data-dir <folder>', "the server's data folder, for its webhook secret (default: DATA_DIR, else ./data)")
    .option('--json', 'print JSON, for machines')
    .addHelpText(
      'after',
      "\nExamples:\n  bnc replay . --since '1 month ago' -o month.opus\n  bnc replay . --minutes 20 --to http://127.0.0.1:3000 --public\n" +
        '\nNo silence is longer than six seconds. What is committed while a phrase sounds shares the next one.\nWith --to, GITHUB_WEBHOOK_SECRETS in the environment must be the same as on the server, unless its data folder is on this machine.',
    )
    .action(replay);
}

async function replay(folder: string, options: ReplayOptions): Promise<void> {
  const { output, to, since, repo } = options;
  if ((output === undefined) === (to === undefined)) {
    throw new CliError(
      'CLI_USAGE',
      'Say where the music goes: into a file with -o history.opus, or to a server with --to http://127.0.0.1:3000.',
    );
  }
  if (repo !== undefined && !/^[\w.-]{1,39}\/[\w.-]{1,100}$/.test(repo)) {
    throw new CliError('CLI_USAGE', `--repo must be a name such as owner/repo, not '${repo}'.`);
  }
  const encoding = output === undefined ? undefined : encodingOf(output, options.format);
  const maxCommits = wholeOf('--max', options.max, 100_000);
  const lengthMs = wholeOf('--minutes', options.minutes, 180) * 60_000;
  const terminal = new Terminal(options);
  const signal = endSignal();
  const deliveries = to === undefined ? undefined : new Deliveries({ ...options, signal });
  await deliveries?.check();
  const history = await readHistory(folder, {
    maxCommits,
    isPrivate: options.public !== true,
    signal,
    onCommit: (count) => terminal.progress(`reading commit ${count}`),
    ...(since !== undefined && { since }),
    ...(repo !== undefined && { repoId: repo }),
  });
  const times = shorten(
    history.activities.map(({ occurredAt }) => occurredAt),
    lengthMs,
  );
  const run = { history, times, isPrivate: options.public !== true, terminal, signal };
  if (deliveries) await send(deliveries, run);
  else if (output !== undefined && encoding !== undefined) await write({ ...options, output }, encoding, run);
}

function wholeOf(option: string, text: string, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > most) {
    throw new CliError('CLI_USAGE', `${option} must be a whole number from 1 to ${most}, not '${text}'.`);
  }
  return value;
}

/** A history, and when each of its activities is due, in ms from its beginning. */
interface Run {
  readonly history: History;
  readonly isPrivate: boolean;
  readonly times: readonly number[];
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

async function send(deliveries: Deliveries, { history, isPrivate, times, terminal, signal }: Run): Promise<void> {
  const { repoId, activities } = history;
  const page = `${deliveries.server}/?repo=${repoId}`;
  terminal.note(
    isPrivate
      ? `Replaying into a private room: ${page}. Sign in with a token ('bnc token ${repoId}'), or let everyone hear it with --public.`
      : `Replaying. Hear it at ${page}.`,
  );
  const start = performance.now();
  for (const [index, activity] of activities.entries()) {
    await wait(Math.max(0, start + (times[index] ?? 0) - performance.now()), undefined, { signal });
    await deliveries.send(pushOf(activity, new Date()));
    terminal.progress(`${index + 1} of ${activities.length}: ${activity.title}`);
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  terminal.result(
    { room: repoId, commits: activities.length, seconds },
    `${activities.length} commits sent to ${repoId} in ${timeOf(seconds)}.`,
  );
}

async function write(
  { output, bed, theme }: ReplayOptions & { readonly output: string },
  format: SoundEncoding,
  { history, times, terminal, signal }: Run,
): Promise<void> {
  const { repoId, repositoryId, activities, begin } = history;
  const happenings = activities.map((activity, index) => ({ activity, at: begin + (times[index] ?? 0) }));
  const played = play(happenings, repositoryId, theme);
  const count = played.phrases.length;
  const bytes =
    format === 'mid'
      ? await writeStream(output, [midiOf(played.phrases, spanOf(played), repoId)])
      : await render(played, output, {
          format,
          title: repoId,
          hasBed: bed,
          signal,
          onPhrase: (done) => terminal.progress(`rendered phrase ${done} of ${count}`),
        });
  const seconds = Math.round(secondsOf(played));
  const facts = { file: output, format, bytes, seconds, phrases: count, commits: activities.length };
  const words = `${timeOf(seconds)}, ${count} phrases from ${activities.length} commits, ${Math.ceil(bytes / 1000)} kB`;
  if (output === '-') terminal.note(words);
  else terminal.result(facts, `${output}: ${words}`);
}

async function render(
  played: Played,
  output: string,
  { format, ...options }: { readonly format: SoundFormat } & Omit<Parameters<typeof fileOf>[2], 'renderer'>,
): Promise<number> {
  const { OfflineRenderer } = await import('@bnc/offline-renderer');
  await using renderer = new OfflineRenderer({ spares: 0 });
  return await writeStream(output, fileOf(played, format, { ...options, renderer }));
}

function timeOf(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} min`;
}
