import { Command, CommanderError } from 'commander';
import { serverVersion } from '../export/engine.ts';
import { ConfigError } from '../settings/config.ts';
import { CliError, codeOf } from './cli-error.ts';
import { doctorCommand } from './doctor.ts';
import { hasEnded } from './end-signal.ts';
import { renderCommand } from './render.ts';
import { replayCommand } from './replay.ts';
import { roomCommand } from './room.ts';
import { serveCommand, settingsHelp } from './serve.ts';
import { tokenCommand } from './token.ts';
import { watchCommand } from './watch.ts';

const examples = `
Examples:
  bnc                                                   play the demo at http://127.0.0.1:3000/
  bnc doctor                                            check that a server can run here
  bnc render push.json -o push.flac                     hear what a webhook payload sounds like
  bnc replay . --since '1 month ago' -o month.opus      hear the last month of a repository
  bnc watch facebook/react                              play a public repository of GitHub

'bnc COMMAND --help' explains a command. Without a command, bnc is 'bnc serve'.
bnc is 'npx @bnc/streaming-server', or 'npm start --' in a clone.
`;

/** Builds the command line. */
function buildProgram(): Command {
  const program = new Command('bnc')
    .description('bots-n-cats: code activity becomes music that a team hears together, live.')
    .version(serverVersion, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain the commands, or one of them')
    .showSuggestionAfterError()
    .enablePositionalOptions();
  const commands = [serveCommand, doctorCommand, tokenCommand, roomCommand, renderCommand, replayCommand, watchCommand];
  for (const make of commands) program.addCommand(make());
  program.addHelpText('after', () => `${examples}\n${settingsHelp()}`);
  for (const command of [program, ...program.commands.flatMap((one) => [one, ...one.commands])]) {
    command
      .exitOverride()
      .helpCommand(false)
      .configureOutput({ outputError: () => {} });
    if (command !== program) command.helpOption('-h, --help', 'explain this command');
  }
  return program;
}

/**
 * Runs the command that the arguments name, `serve` if they name none, and sets the exit code: 2 for wrong use, 1 for
 * failures.
 */
export async function runCommand(args: readonly string[]): Promise<void> {
  const [first = 'serve', ...others] = args;
  if (first === 'help') return runCommand([...others, '--help']);
  const isAlone = !first.startsWith('-') || ['-h', '--help', '-V', '--version'].includes(first);
  const words = isAlone && args.length > 0 ? args : ['serve', ...args];
  const program = buildProgram();
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    fail(error, { isJson: args.includes('--json'), used: usedIn(program, words) });
  }
}

/** The command that the words name, such as `bnc room set`. */
function usedIn(program: Command, words: readonly string[]): string {
  const path = ['bnc'];
  let command: Command | undefined = program;
  for (const word of words) {
    command = command.commands.find((one) => one.name() === word);
    if (!command) break;
    path.push(word);
  }
  return path.join(' ');
}

/** Prints why a command failed, as a sentence if a person can do something about it, and ends the process. */
function fail(error: unknown, { isJson, used }: { readonly isJson: boolean; readonly used: string }): void {
  const isUsage = error instanceof CommanderError || ['CLI_USAGE', 'CONFIG_INVALID'].includes(codeOf(error));
  const message = hasEnded() ? 'Ended before it was done.' : messageOf(error, used);
  const code = hasEnded() ? 'CLI_ENDED' : error instanceof CommanderError ? 'CLI_USAGE' : codeOf(error) || 'UNEXPECTED';
  const text = isJson ? JSON.stringify({ error: { code, message } }) : `\n${message}`;
  // What was begun, such as a server, must not keep the process alive.
  process.stderr.write(`${text}\n`, () => process.exit(hasEnded() ? process.exitCode : isUsage ? 2 : 1));
}

function messageOf(error: unknown, used: string): string {
  if (error instanceof CommanderError) return sentenceOf(error, used);
  const isExplained =
    error instanceof ConfigError ||
    error instanceof CliError ||
    /^(?:RENDER|BUS|WEBHOOK|SERIALIZER)_/.test(codeOf(error));
  if (isExplained) return (error as Error).message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** `error: unknown option '--prot'\n(Did you mean --port?)` as a sentence that goes on with what to do. */
function sentenceOf({ code, message }: CommanderError, used: string): string {
  if (code === 'commander.help') return `'${used}' needs one of its commands.`;
  const [problem = '', suggestion = ''] = message.replace(/^error: /, '').split('\n');
  const first = problem.charAt(0).toUpperCase() + problem.slice(1).replace(/\.$/, '');
  const hint = suggestion === '' ? '' : ` ${suggestion.replace(/^\(|\)$/g, '')}`;
  return `${first}.${hint} Run '${used} --help' to see how to use it.`;
}
