import { buildApp } from './app.ts';
import { banner } from './settings/banner.ts';
import { helpText, readCommand } from './settings/cli.ts';
import { ConfigError, readConfig } from './settings/config.ts';
import { prepareDataDir, webhookSecrets } from './settings/data-dir.ts';

/** Time to finish what is under way before the process ends anyway. */
const graceMs = 15_000;

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Explains what a person can fix in one sentence; everything else keeps its stack. */
function explain(error: unknown, port: number, host: string): string {
  const code = codeOf(error);
  if (code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is in use: stop the other program, or set PORT (or --port) to another one.`;
  }
  if (code === 'EACCES') return `This user may not listen on port ${port}: set PORT (or --port) to 1024 or higher.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `This machine has no address '${host}': set HOST (or --host) to one it has, such as 127.0.0.1 or 0.0.0.0.`;
  }
  if (error instanceof ConfigError || /^(?:RENDER|BUS)_/.test(code)) return (error as Error).message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function serve(flags: Readonly<Record<string, string | undefined>>): Promise<void> {
  const config = readConfig(process.env, flags);
  try {
    prepareDataDir(config.dataDir);
    const secrets = webhookSecrets(config.dataDir, config.webhookSecrets);
    const app = await buildApp({ ...config, webhookSecrets: secrets.secrets });

    let stopping = false;
    const stop = (exitCode: number): void => {
      // A second signal stops at once: accepted deliveries are stored, and go on at the next start.
      if (stopping) process.exit(exitCode || 1);
      stopping = true;
      setTimeout(() => process.exit(1), graceMs).unref();
      app.close().then(
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
    for (const fault of ['uncaughtException', 'unhandledRejection'] as const) {
      process.on(fault, (error: unknown) => {
        app.log.fatal({ err: error }, fault);
        stop(1);
      });
    }

    const origin = await app.listen({ port: config.port, host: config.host });
    console.log(banner(config, secrets, origin));
  } catch (error) {
    console.error(`\n${explain(error, config.port, config.host)}`);
    process.exit(1);
  }
}

try {
  const command = readCommand(process.argv.slice(2));
  if (command.run === 'help') console.log(helpText());
  else await serve(command.flags);
} catch (error) {
  console.error(`\n${error instanceof ConfigError ? error.message : String(error)}`);
  process.exit(2);
}
