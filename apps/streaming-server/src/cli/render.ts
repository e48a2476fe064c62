import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import type { GitHubActivity, MusicalParameters, Score } from '@bnc/contracts';
import { normalizeActivity } from '@bnc/github-webhooks';
import { compose, mapActivity, type Theme, themes } from '@bnc/music-engine';
import { Command, Option } from 'commander';
import { CliError, reasonOf } from './cli-error.ts';
import { endSignal } from './end-signal.ts';
import { eventOf } from './event-of.ts';
import { encodingOf, type SoundEncoding, soundEncodings, soundOf } from './sound-file.ts';
import { Terminal } from './terminal.ts';
import { writeStream } from './write-stream.ts';

interface RenderCommandOptions {
  readonly output: string;
  readonly format?: SoundEncoding;
  readonly event?: string;
  readonly theme?: Theme;
  readonly rate: string;
  readonly json?: boolean;
}

/** `bnc render`: a file of JSON as a file of sound. */
export function renderCommand(): Command {
  return new Command('render')
    .description('turn a webhook payload, a score or musical parameters into a sound file; needs no server')
    .argument('<file>', 'JSON: a payload of GitHub, a score, or musical parameters; - reads standard input')
    .requiredOption('-o, --output <file>', 'where to write: .wav, .flac, .opus or .mid; - is standard output')
    .addOption(
      new Option('--format <name>', 'what to write (default: by the name of the file)').choices(soundEncodings),
    )
    .option('--event <name>', 'the event of a payload, as X-GitHub-Event has it (default: found from its contents)')
    .addOption(new Option('--theme <name>', 'the arrangement of a payload').choices(themes))
    .option('--rate <hertz>', 'sample rate in hertz, 8000 to 192000', '44100')
    .option('--json', 'print JSON, for machines')
    .addHelpText(
      'after',
      '\nExamples:\n  bnc render push.json -o push.flac\n  bnc render - -o - --format mid < params.json > params.mid',
    )
    .action(render);
}

async function render(file: string, options: RenderCommandOptions): Promise<void> {
  const terminal = new Terminal(options);
  const encoding = encodingOf(options.output, options.format);
  const rate = Number(options.rate);
  if (!(Number.isInteger(rate) && rate >= 8000 && rate <= 192_000)) {
    throw new CliError('CLI_USAGE', `--rate must be a whole number from 8000 to 192000, not '${options.rate}'.`);
  }
  const input = await readInput(file);
  const { title, params, score } = musicOf(input, file, options);
  const name = options.output === '-' ? 'standard output' : options.output;
  const bytes = await soundOf(score, {
    encoding,
    sampleRate: rate,
    title: title ?? basename(file),
    signal: endSignal(),
    onProgress: (share) => terminal.progress(`rendering ${Math.round(share * 100)} %`),
  });
  await writeStream(options.output, [bytes]);
  const facts = {
    file: options.output,
    format: encoding,
    bytes: bytes.length,
    seconds: score.duration,
    tempo: score.tempo,
    ...(title !== undefined && { title }),
    ...(params?.tonic !== undefined && { key: [params.tonic, params.mode].filter(Boolean).join(' ') }),
  };
  const words = [
    ...(title === undefined ? [] : [title]),
    `${score.duration.toFixed(1)} s of music and its tail`,
    ...(facts.key === undefined ? [] : [facts.key]),
    `${score.tempo} BPM`,
    `${Math.ceil(bytes.length / 1000)} kB`,
  ];
  // The sound has standard output for itself.
  if (options.output === '-') terminal.note(words.join(', '));
  else terminal.result(facts, `${name}: ${words.join(', ')}`);
}

async function readInput(file: string): Promise<unknown> {
  const name = nameOf(file);
  let text: string;
  try {
    text = file === '-' ? await textOf(process.stdin) : await readFile(file, 'utf8');
  } catch (cause) {
    throw new CliError(
      'CLI_FILE',
      `${name} cannot be read (${reasonOf(cause)}). Check its name and your permissions.`,
      {
        cause,
      },
    );
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError('CLI_INPUT', `${name} is not JSON (${reasonOf(cause)}). ${expected}`, { cause });
  }
}

/** What messages call the input. */
function nameOf(file: string): string {
  return file === '-' ? 'Standard input' : file;
}

const expected =
  'Give a webhook payload as GitHub sent it, a score with tracks, or musical parameters such as {"tempo":90,"scale":["C4","E4","G4"],"instrumentType":"synth","duration":4}.';

/** What is to be played, and what it is about. */
interface Music {
  readonly title?: string;
  readonly params?: MusicalParameters;
  readonly score: Score;
}

function musicOf(input: unknown, file: string, { event, theme }: RenderCommandOptions): Music {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new CliError('CLI_INPUT', `${nameOf(file)} does not hold a JSON object. ${expected}`);
  }
  if ('tracks' in input) return { score: input as Score };
  if ('scale' in input && 'tempo' in input) {
    const params = input as MusicalParameters;
    return { params, score: composed(params, file) };
  }
  const activity = activityOf(input, file, event);
  const params = mapActivity(activity, theme === undefined ? {} : { theme });
  return { title: activity.title, params, score: composed(params, file) };
}

function composed(params: MusicalParameters, file: string): Score {
  try {
    return compose(params);
  } catch (cause) {
    throw new CliError(
      'CLI_INPUT',
      `${nameOf(file)} does not hold musical parameters that can be played: ${reasonOf(cause)}.`,
      {
        cause,
      },
    );
  }
}

function activityOf(payload: object, file: string, given: string | undefined): GitHubActivity {
  const event = given ?? eventOf(payload);
  if (event === undefined) {
    throw new CliError(
      'CLI_INPUT',
      `${nameOf(file)} does not say what it is. ${expected} Name the event of a payload with --event, such as --event push.`,
    );
  }
  const activity = normalizeActivity(event, payload, { deliveryId: 'render', receivedAt: Date.now() });
  if (!activity) {
    throw new CliError(
      'CLI_INPUT',
      `This payload makes no sound as '${event}': the event or its action has no sound, or the payload does not name a repository. If it is another event, name that event with --event.`,
    );
  }
  return activity;
}
