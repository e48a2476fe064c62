import { Command } from 'commander';
import type { Config } from '../settings/config.ts';
import { type Finding, ok } from './doctor/finding.ts';
import { checkDisk, checkEngine, checkPort, checkSecrets } from './doctor/machine.ts';
import { checkReach } from './doctor/reach.ts';
import { configOf, settingsHelp, withSettings } from './serve.ts';
import { Terminal } from './terminal.ts';

/** `bnc doctor`: whether a server can run here, with the settings that it would have. */
export function doctorCommand(): Command {
  return withSettings(new Command('doctor'))
    .description('check port, audio engine, disk, Redis, secrets, clock, and whether GitHub can reach it')
    .option('--json', 'print JSON, for machines')
    .addHelpText(
      'after',
      () =>
        `\nReads the settings that 'bnc serve' would read. Exits with 1 if something does not work; otherwise with 0, even if there are warnings.\n\n${settingsHelp(({ flag }) => flag === undefined)}`,
    )
    .action(async (options: Readonly<Record<string, unknown>>) => {
      const terminal = new Terminal({ json: options.json === true });
      const config = configOf(options);
      terminal.progress('checking …');
      const findings = await examine(config);
      const isWell = findings.every(({ status }) => status !== 'problem');
      terminal.result({ ok: isWell, findings }, report(findings));
      process.exitCode = isWell ? 0 : 1;
    });
}

async function examine(config: Config): Promise<readonly Finding[]> {
  const { finding: port, isFree } = await checkPort(config);
  const [engine, store, reach] = await Promise.all([checkEngine(), storeFindings(config), checkReach(config, isFree)]);
  const node = ok('Node.js', `${process.version} on ${process.platform}-${process.arch}`);
  return [node, port, engine, ...checkDisk(config), ...checkSecrets(config), ...store, ...reach];
}

async function storeFindings({ redisUrl }: Config): Promise<readonly Finding[]> {
  if (redisUrl === undefined) return [ok('Redis', 'not used: everything is in the data folder')];
  const { checkRedis } = await import('./doctor/redis.ts');
  return checkRedis(redisUrl);
}

function report(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.flatMap(({ name, status, message, todo }) => [
    `${status.padEnd('problem'.length)}  ${name.padEnd(width)}  ${message}`,
    ...(todo === undefined ? [] : [`${' '.repeat(width + 'problem'.length + 4)}${todo}`]),
  ]);
  const count = (status: Finding['status']): number => findings.filter((one) => one.status === status).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  const words = (amount: number, noun: string): string => `${amount} ${noun}${amount === 1 ? '' : 's'}`;
  return [...lines, '', `${words(problems, 'problem')}, ${words(warnings, 'warning')}`].join('\n');
}
