/** How a render may end without a result. */
export type RenderErrorCode =
  | 'RENDER_ABORTED'
  | 'RENDER_CLOSED'
  | 'RENDER_CRASHED'
  | 'RENDER_FAILED'
  | 'RENDER_INVALID_SCORE'
  | 'RENDER_LOUDNESS'
  | 'RENDER_MODULE_FAILED'
  | 'RENDER_OUT_OF_MEMORY'
  | 'RENDER_QUEUE_FULL'
  | 'RENDER_TIMEOUT'
  | 'RENDER_UNSUPPORTED';

/** Reports a render that ended without a result. Test `code`; the README says what to do for each code. */
export class RenderError extends Error {
  override readonly name = 'RenderError';
  /** What went wrong; stable across releases. */
  readonly code: RenderErrorCode;

  constructor(code: RenderErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
