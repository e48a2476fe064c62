import { normalizeActivity } from '@bnc/github-webhooks';
import { pollRepositoryDeliveries, type SourceDelivery } from '@bnc/github-webhooks/sources';
import { Command } from 'commander';
import { CliError } from './cli-error.ts';
import { Deliveries } from './deliveries.ts';
import { endSignal } from './end-signal.ts';
import { Terminal } from './terminal.ts';

interface WatchOptions {
  readonly to?: string;
  readonly dataDir?: string;
  readonly newest: string;
  readonly apiUrl?: string;
  readonly print?: boolean;
  readonly json?: boolean;
}

/** `bnc watch`: a public repository of GitHub, heard without a webhook. */
export function watchCommand(): Command {
  return new Command('watch')
    .description('play what happens in a public repository of GitHub, without a webhook, a few minutes late')
    .argument('<owner/repo>', 'the repository')
    .option('--to <url>', 'the server that plays it (default: on this machine, at PORT or 3000)')
    .option('--data-dir <folder>', "the server's data folder, for its webhook secret (default: DATA_DIR, else ./data)")
    .option('--newest <number>', 'past events to begin with, 0 to 100', '10')
    .option('--print', 'print what happens, and send nothing')
    .option('--api-url <url>', 'the API of another GitHub, such as https://github.example.com/api/v3')
    .option('--json', 'print a line of JSON for each event, for machines')
    .addHelpText(
      'after',
      '\nExample: bnc watch facebook/react --newest 20\n\nGITHUB_WEBHOOK_SECRETS in the environment must be the same as on the server, unless its data folder is on this machine.\nA GitHub token in GITHUB_TOKEN allows more polls: without one, GitHub allows 60 an hour from one address.',
    )
    .action(watch);
}

async function watch(repository: string, options: WatchOptions): Promise<void> {
  const terminal = new Terminal(options);
  const signal = endSignal();
  const newest = Number(options.newest);
  if (!/^\d{1,3}$/.test(options.newest) || newest > 100) {
    throw new CliError('CLI_USAGE', `--newest must be a whole number from 0 to 100, not '${options.newest}'.`);
  }
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) {
    throw new CliError('CLI_USAGE', `A repository has a name such as owner/repo, not '${repository}'.`);
  }
  const deliveries = options.print === true ? undefined : new Deliveries({ ...options, signal });
  await deliveries?.check();
  terminal.note(
    deliveries
      ? `Watching ${repository}. Hear it at ${deliveries.server}/?repo=${repository}. Ctrl-C ends it.`
      : `Watching ${repository}. Ctrl-C ends it.`,
  );
  const { GITHUB_TOKEN: token } = process.env;
  const events = pollRepositoryDeliveries(repository, {
    newest,
    signal,
    onRetry: (problem, waitMs) => terminal.note(`${problem} Trying again in ${Math.ceil(waitMs / 1000)} s.`),
    ...(token && { token }),
    ...(options.apiUrl !== undefined && { apiUrl: options.apiUrl }),
  });
  for await (const event of events) {
    const line = lineOf(event);
    if (!line) continue;
    await deliveries?.send(event);
    terminal.result(line, `${new Date(line.at).toLocaleTimeString('en-GB')}  ${line.actor}  ${line.title}`);
  }
  // Ctrl-C is how one stops watching.
  process.exitCode = 0;
}

/** What to print of an event; undefined for one that is not heard. */
function lineOf({ event, deliveryId, occurredAt, payload }: SourceDelivery) {
  const activity = normalizeActivity(event, payload, { deliveryId, receivedAt: occurredAt });
  return activity && { at: occurredAt, event, actor: activity.actor, title: activity.title, url: activity.url };
}
