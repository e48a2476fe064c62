import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Command } from 'commander';
import type { FastifyInstance } from 'fastify';
import { type Config, readConfig, type Setting, settings } from '../settings/config.ts';
import { CliError, codeOf } from './cli-error.ts';
import { columns, Terminal } from './terminal.ts';

/** Time to close in ms, after which the process ends anyway. */
const graceMs = 5_000;

/** Connections that may wait to be accepted: when a server has gone, all of its listeners come at once. */
const maxWaiting = 4096;

/** `bnc serve`: the server. */
export function serveCommand(): Command {
  return withSettings(new Command('serve'))
    .description('start the server (the default)')
    .option('--json', 'print a line of JSON instead of the text at the start')
    .action((options: Readonly<Record<string, string>>) => serve(configOf(options), options.json !== undefined))
    .addHelpText('after', () => `\n${settingsHelp(({ flag }) => flag === undefined)}`);
}

/** Adds the options of the server's settings to a command. */
export function withSettings(command: Command): Command {
  for (const { variable, flag, value, fallback, about } of settings) {
    if (flag !== undefined) command.option(`--${flag} <${value}>`, `${about} (default: ${fallback}) [${variable}]`);
  }
  return command;
}

/**
 * Reads the settings of the server from the environment and the options of a command.
 * @throws {ConfigError} `CONFIG_INVALID` naming the variable or option that is wrong.
 */
export function configOf(options: Readonly<Record<string, unknown>>): Config {
  const flags = settings.flatMap(({ flag }): [string, string | undefined][] => {
    if (flag === undefined) return [];
    const value = options[flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    return [[flag, typeof value === 'string' ? value : undefined]];
  });
  return readConfig(process.env, Object.fromEntries(flags));
}

/** Explains settings, each with its variable and its option. */
export function settingsHelp(isWanted: (setting: Setting) => boolean = () => true): string {
  const rows = settings
    .filter(isWanted)
    .map(({ variable, flag, value, fallback, about }) => [
      `${variable}=${value}`,
      flag === undefined ? '' : `--${flag} <${value}>`,
      `${about} (default: ${fallback})`,
    ]);
  return `Settings of the server in the environment; an option overrides its variable:\n\n${columns(rows, '  ')}\n`;
}

async function serve(config: Config, isJson: boolean): Promise<void> {
  try {
    const { prepareDataDir, webhookSecrets } = await import('../settings/data-dir.ts');
    prepareDataDir(config.dataDir);
    // What is loaded from here on is compiled once; render processes use it too, and start in a third of the time.
    enableCompileCache(join(config.dataDir, 'compiled'));
    const secrets = webhookSecrets(config.dataDir, config.webhookSecrets);
    // A render process starts, and plays itself in, while the server is loaded.
    const { createRenderer } = await import('../clips/renderer.ts');
    const renderer = createRenderer();
    renderer.ready().catch(() => {});
    const [{ buildApp }, { banner }] = await Promise.all([import('../app.ts'), import('../settings/banner.ts')]);
    const app = await buildApp({ ...config, webhookSecrets: secrets.secrets }, renderer);

    let stopping = false;
    const stop = (exitCode: number): void => {
      // A second signal stops at once: accepted deliveries are stored, and go on at the next start.
      if (stopping) process.exit(exitCode || 1);
      stopping = true;
      // After a fault nothing is served on.
      const drainMs = exitCode === 0 ? config.drainSeconds * 1000 : 0;
      setTimeout(() => process.exit(1), drainMs + graceMs).unref();
      leave(app, drainMs).then(
        () => process.exit(exitCode),
        (error: unknown) => {
          app.log.error({ err: error }, 'could not close cleanly');
          process.exit(1);
        },
      );
    };
    process.on('SIGINT', () => stop(0));
    process.on('SIGTERM', () => stop(0));
    // The process that started this one is gone, however it ended.
    if (process.connected) process.on('disconnect', () => stop(0));
    if (process.env.npm_command === 'exec') onceOrphaned(() => stop(0));
    for (const fault of ['uncaughtException', 'unhandledRejection'] as const) {
      process.on(fault, (error: unknown) => {
        app.log.fatal({ err: error }, fault);
        stop(1);
      });
    }

    const origin = await app.listen({ port: config.port, host: config.host, backlog: maxWaiting });
    const http2Origin = app.http2.origin();
    const { file: secretFile, origin: secretOrigin } = secrets;
    new Terminal({ json: isJson }).result(
      {
        url: `${origin}/`,
        ...(http2Origin !== undefined && { http2Url: `${http2Origin}/` }),
        webhookUrl: `${config.doors.publicUrl ?? origin}/webhooks/github`,
        dataDir: config.dataDir,
        secretOrigin,
        secretFile,
      },
      banner(config, secrets, { origin, http2Origin }),
    );
  } catch (error) {
    throw explained(error, config);
  }
}

/** Calls back when the parent has ended: npx does not pass SIGTERM on. */
function onceOrphaned(callback: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, 500).unref();
}

/** Hands the rooms over at once, keeps serving until a load balancer has noticed, and closes. */
async function leave(app: FastifyInstance, drainMs: number): Promise<void> {
  if (drainMs > 0) await Promise.all([app.leave(), wait(drainMs)]);
  await app.close();
}

/** Explains what a person can fix in one sentence; everything else stays as it is. */
function explained(error: unknown, { port: first, http2Port, host }: Config): unknown {
  const code = codeOf(error);
  const port = (error as { readonly port?: number }).port ?? first;
  const setting = port === http2Port ? 'HTTP2_PORT (or --http2-port)' : 'PORT (or --port)';
  const because = (message: string): CliError => new CliError('CLI_SERVER', message, { cause: error });
  if (code === 'EADDRINUSE') {
    return because(`Port ${port} on ${host} is in use: stop the other program, or set ${setting} to another one.`);
  }
  if (code === 'EACCES') {
    return because(`This user may not listen on port ${port}: set ${setting} to 1024 or higher.`);
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return because(
      `This machine has no address '${host}': set HOST (or --host) to one it has, such as 127.0.0.1 or 0.0.0.0.`,
    );
  }
  return error;
}
