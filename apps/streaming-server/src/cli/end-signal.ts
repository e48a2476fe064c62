import { CliError } from './cli-error.ts';

/** Exit codes of a program that a signal ends. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

let ending: AbortController | undefined;

/** Returns a signal that aborts when the user ends the program; a second time ends it at once. */
export function endSignal(): AbortSignal {
  if (ending) return ending.signal;
  const controller = new AbortController();
  ending = controller;
  for (const [name, code] of Object.entries(exitCodes)) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(code);
      process.exitCode = code;
      controller.abort(new CliError('CLI_ENDED', 'Ended before it was done.'));
    });
  }
  return controller.signal;
}

/** Tells whether the user has ended the program. */
export function hasEnded(): boolean {
  return ending?.signal.aborted ?? false;
}
