/** Why a command failed: `CLI_USAGE` for what was typed; the other codes are in docs/operations.md. */
export type CliErrorCode =
  | 'CLI_USAGE'
  | 'CLI_ENDED'
  | 'CLI_FILE'
  | 'CLI_INPUT'
  | 'CLI_OPERATOR'
  | 'CLI_SECRET'
  | 'CLI_SERVER'
  | 'CLI_UNREACHABLE';

/** Ends a command. The message says what happened, to what, and what to do next. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Returns the code of an error; an empty text for an error without one. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Returns the reason of an error in a word or a few: the cause of a failed `fetch` says more than its message. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return codeOf(cause) || (cause instanceof Error ? cause.message : String(cause)).replaceAll(/\s+/g, ' ');
}
