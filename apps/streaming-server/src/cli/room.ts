import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { CliError } from './cli-error.ts';
import { Operator, roomPath, withServer } from './operator.ts';
import { listHelp, listRooms } from './room-list.ts';
import { chosenIn, defaults } from './room-words.ts';
import { columns, Terminal } from './terminal.ts';

interface ServerOptions {
  readonly url?: string;
  readonly json?: boolean;
}

interface SetOptions extends ServerOptions {
  readonly theme?: string;
  readonly tempo?: string;
  readonly heard?: string;
  readonly bed?: string;
  readonly quiet?: string;
  readonly timeZone?: string;
}

/** `bnc room`: what rooms there are, what they play, and how to forget them. */
export function roomCommand(): Command {
  return new Command('room')
    .description('list rooms, choose what one plays, or forget one')
    .addCommand(
      withServer(new Command('list'))
        .description('list every room: merged ones, and repositories that deliveries have named')
        .addHelpText('after', listHelp)
        .action((options: ServerOptions) => listRooms(open(options))),
    )
    .addCommand(
      withServer(new Command('show'))
        .description('show the settings and the listeners of a room')
        .argument('<room>', 'a repository such as owner/repo, or a merged room')
        .action((room: string, options: ServerOptions) => show(room, open(options))),
    )
    .addCommand(
      withServer(new Command('set'))
        .description("change what a room plays, from its next phrase on; 'default' restores the default")
        .argument('<room>', 'a repository such as owner/repo, or a merged room')
        .option('--theme <name>', 'the arrangement, such as chamber, lofi or 8-bit')
        .option('--tempo <slowest-fastest>', 'tempo in beats a minute, such as 60-108')
        .option('--heard <which>', 'everything, important or failures')
        .option('--bed <on|off>', 'whether a bed sounds under the phrases')
        .option('--quiet <from-to>', 'hours without sound, such as 22:00-07:00')
        .option('--time-zone <name>', 'the time zone of --quiet (default: that of this machine)')
        .action((room: string, options: SetOptions) => set(room, options, open(options))),
    )
    .addCommand(
      withServer(new Command('forget'))
        .description('erase everything that the server knows of a repository or a merged room')
        .argument('<room>', 'a repository such as owner/repo, or a merged room')
        .option('--yes', 'do not ask')
        .action((room: string, options: ServerOptions & { readonly yes?: boolean }) =>
          forget(room, options.yes === true, open(options)),
        ),
    );
}

/** A server and where to print. */
export interface Session {
  readonly operator: Operator;
  readonly terminal: Terminal;
}

function open(options: ServerOptions): Session {
  const terminal = new Terminal(options);
  return { terminal, operator: new Operator(options, (text) => terminal.note(text)) };
}

async function show(room: string, { operator, terminal }: Session): Promise<void> {
  const [{ repoId, settings }, { activeClients }] = await Promise.all([
    operator.request('GET', `/rooms/${roomPath(room)}`),
    operator.request('GET', `/health/repo/${roomPath(room)}`),
  ]);
  const lines = [['room', String(repoId)], ['listeners', String(activeClients)], ...settingRows(settings)];
  terminal.result({ repoId, listeners: activeClients, settings }, columns(lines));
}

async function set(room: string, options: SetOptions, { operator, terminal }: Session): Promise<void> {
  const changes = changesOf(options);
  if (Object.keys(changes).length === 0) {
    throw new CliError(
      'CLI_USAGE',
      "Name at least one setting, such as --theme lofi. 'bnc room set --help' lists them.",
    );
  }
  const { repoId, settings } = await operator.request('POST', `/rooms/${roomPath(room)}`, changes);
  terminal.result({ repoId, settings }, columns([['room', String(repoId)], ...settingRows(settings)]));
}

function settingRows(settings: unknown): string[][] {
  const chosen = chosenIn(settings);
  return Object.entries(defaults).map(([name, fallback]) => [name, chosen[name] ?? `${fallback} (default)`]);
}

function changesOf({ theme, tempo, heard, bed, quiet, timeZone }: SetOptions): Readonly<Record<string, unknown>> {
  const changes: Record<string, unknown> = {};
  const take = (name: string, text: string | undefined, read: (text: string) => unknown): void => {
    if (text !== undefined) changes[name] = text === 'default' ? null : read(text);
  };
  take('theme', theme, (text) => text);
  take('heard', heard, (text) => text);
  take('tempo', tempo, (text) => partsOf('--tempo', text, 'two numbers of 40 to 200, such as 60-108').map(Number));
  take('bed', bed, (text) => {
    if (text !== 'on' && text !== 'off') throw new CliError('CLI_USAGE', `--bed must be on or off, not '${text}'.`);
    return text === 'on';
  });
  take('quietHours', quiet, (text) => {
    const [from, to] = partsOf('--quiet', text, 'two times of day, such as 22:00-07:00');
    return { from, to, timeZone: timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone };
  });
  if (timeZone !== undefined && quiet === undefined) {
    throw new CliError('CLI_USAGE', '--time-zone belongs to --quiet: name both.');
  }
  return changes;
}

function partsOf(option: string, text: string, form: string): readonly string[] {
  const parts = text.split('-');
  if (parts.length !== 2 || parts.includes('')) {
    throw new CliError('CLI_USAGE', `${option} must be ${form}, not '${text}'.`);
  }
  return parts;
}

async function forget(room: string, isSure: boolean, { operator, terminal }: Session): Promise<void> {
  if (
    !isSure &&
    !(await confirm(`Forget ${room}: its phrases, clips, settings and names? This cannot be undone. [y/N] `))
  ) {
    terminal.note('Nothing was forgotten.');
    process.exitCode = 1;
    return;
  }
  await operator.request('DELETE', `/repositories/${roomPath(room)}`);
  terminal.result(
    { forgotten: room },
    `${room} is forgotten. Remove its webhook too, or the next delivery brings it back.`,
  );
}

async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new CliError('CLI_USAGE', 'There is no terminal to ask in: add --yes to forget it without confirmation.');
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(?:es)?$/i.test((await lines.question(question)).trim());
  } finally {
    lines.close();
  }
}
