import { Command } from 'commander';
import { CliError } from './cli-error.ts';
import { Operator, withServer } from './operator.ts';
import { Terminal } from './terminal.ts';

interface TokenOptions {
  readonly name?: string;
  readonly minutes?: string;
  readonly url?: string;
  readonly json?: boolean;
}

/** `bnc token`: a token that opens private rooms. */
export function tokenCommand(): Command {
  return withServer(new Command('token'))
    .description('make a token that lets someone hear private rooms')
    .argument('<room...>', 'repositories such as owner/repo, or merged rooms')
    .option('--name <name>', 'who it is for; shown on the page (default: a random name)')
    .option('--minutes <number>', 'for how long it may be renewed: 0 to 43200 (default: 720, which is 12 hours)')
    .action(async (rooms: readonly string[], options: TokenOptions) => {
      const terminal = new Terminal(options);
      const { name, minutes } = options;
      const renewableMinutes = Number(minutes);
      if (minutes !== undefined && !(Number.isInteger(renewableMinutes) && renewableMinutes >= 0)) {
        throw new CliError('CLI_USAGE', `--minutes must be a whole number from 0 to 43200, not '${minutes}'.`);
      }
      const made = await new Operator(options, (text) => terminal.note(text)).request('POST', '/tokens', {
        rooms,
        ...(name !== undefined && { name }),
        ...(minutes !== undefined && { renewableMinutes }),
      });
      terminal.note(
        `Send this token to ${name ?? 'the listener'} before ${timeOf(made.expiresAt)}. Pasted into the page of the room, it is renewed until ${timeOf(made.renewableUntil)}.`,
      );
      terminal.result(made, String(made.token));
    });
}

function timeOf(at: unknown): string {
  return new Date(Number(at)).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
}
