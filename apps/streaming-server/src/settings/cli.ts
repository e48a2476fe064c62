import { parseArgs } from 'node:util';
import { ConfigError, settings } from './config.ts';

/** What the command line asks for. */
export type Command =
  | { readonly run: 'serve'; readonly flags: Readonly<Record<string, string | undefined>> }
  | { readonly run: 'help' };

/**
 * Reads the command line.
 * @throws {ConfigError} `CONFIG_INVALID` for an option that does not exist or lacks its value.
 */
export function readCommand(args: readonly string[]): Command {
  const options = Object.fromEntries(
    settings.flatMap(({ flag }) => (flag === undefined ? [] : [[flag, { type: 'string' as const }]])),
  );
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      strict: true,
    });
    const { help, ...flags } = values;
    return help === true ? { run: 'help' } : { run: 'serve', flags };
  } catch (error) {
    const problem = (error instanceof Error ? error.message : String(error)).split('. ')[0];
    throw new ConfigError('CONFIG_INVALID', `${problem}. Run 'npm start -- --help' to see the options.`, {
      cause: error,
    });
  }
}

/** Returns the text that `--help` prints. */
export function helpText(): string {
  const rows = settings.map(({ variable, flag, value, fallback, about }) => [
    `${variable}=${value}`,
    flag === undefined ? '' : `--${flag} <${value}>`,
    `${about} (default: ${fallback})`,
  ]);
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0)) + 2;
  const widths = [width(0), width(1)];
  return [
    'bots-n-cats: code activity becomes music that a team hears together, live.',
    '',
    'Usage: npm start [-- options]',
    '',
    'Settings come from the environment or, where an option is named, from the command line (which wins):',
    '',
    ...rows.map(
      ([env = '', option = '', about = '']) =>
        `  ${env.padEnd(widths[0] ?? 0)}${option.padEnd(widths[1] ?? 0)}${about}`,
    ),
    '',
    '  -h, --help  shows this text',
    '',
  ].join('\n');
}
