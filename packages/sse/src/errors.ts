/** Why a stream was not opened. */
export type SSEErrorCode =
  | 'SSE_NOT_ACCEPTABLE'
  | 'SSE_TOO_MANY_CONNECTIONS'
  | 'SSE_CHANNEL_FULL'
  | 'SSE_TOO_MANY_FROM_ADDRESS'
  | 'SSE_PIPELINED'
  | 'SSE_CLOSING';

const statusCodes: Readonly<Record<SSEErrorCode, number>> = {
  SSE_NOT_ACCEPTABLE: 406,
  SSE_TOO_MANY_CONNECTIONS: 503,
  SSE_CHANNEL_FULL: 503,
  SSE_TOO_MANY_FROM_ADDRESS: 429,
  SSE_PIPELINED: 400,
  SSE_CLOSING: 503,
};

/** Says why a stream was not opened; nothing has been written to the response yet. */
export class SSEError extends Error {
  override readonly name = 'SSEError';
  /** Stable name of the reason. */
  readonly code: SSEErrorCode;
  /** HTTP status to respond with: 400, 406, 429 or 503. */
  readonly statusCode: number;
  /** Whole seconds for a `Retry-After` header; absent where trying again does not help. */
  readonly retryAfter?: number;

  constructor(code: SSEErrorCode, message: string, options: ErrorOptions & { readonly retryAfter?: number } = {}) {
    super(message, options);
    this.code = code;
    this.statusCode = statusCodes[code];
    if (options.retryAfter !== undefined) this.retryAfter = options.retryAfter;
  }

  /** Headers to send with the status: `retry-after`, or none. */
  get headers(): Record<string, string> {
    return this.retryAfter === undefined ? {} : { 'retry-after': String(this.retryAfter) };
  }
}
