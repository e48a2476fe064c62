/** Everything that can go wrong on a bus, apart from wrong use. docs/errors.md has a row for each code. */
export type BusErrorCode =
  | 'BUS_CLOSED'
  | 'BUS_OVERLOADED'
  | 'BUS_PAYLOAD_TOO_LARGE'
  | 'BUS_TOPIC_TOO_LONG'
  | 'BUS_UNAVAILABLE'
  | 'BUS_STORAGE_FULL'
  | 'BUS_LOCKED'
  | 'BUS_CORRUPT_FILE'
  | 'BUS_NEWER_FILE'
  | 'BUS_REFUSED'
  | 'BUS_CORRUPT_EVENT'
  | 'BUS_UNKNOWN_VERSION'
  | 'BUS_NO_RESULT'
  | 'BUS_DEAD_LETTERED'
  | 'BUS_HISTORY_CUT'
  | 'BUS_RESTARTED'
  | 'BUS_FENCED'
  | 'BUS_SETTLED'
  | 'BUS_RETURNED'
  | 'BUS_UNRECOVERABLE'
  | 'BUS_TIMEOUT'
  | 'BUS_INVALID_PAYLOAD'
  | 'BUS_DEDUPE_FULL'
  | 'BUS_NOT_DURABLE'
  | 'BUS_MAY_EVICT';

/** Says what went wrong on the bus. Test `code`, not the class. */
export class BusError extends Error {
  override readonly name = 'BusError';
  /** Stable code of the failure. */
  readonly code: BusErrorCode;

  constructor(code: BusErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Returns whether a handler gave its event back. */
export function isReturned(error: unknown): boolean {
  return codeOf(error) === 'BUS_RETURNED';
}

/** Returns whether a handler says that there is no point in trying again. */
export function isUnrecoverable(error: unknown): boolean {
  return codeOf(error) === 'BUS_UNRECOVERABLE';
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown } | null | undefined)?.code;
}
