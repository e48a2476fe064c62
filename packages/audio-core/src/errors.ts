/** Why a session could not be made, or a delivery could not be sent. */
export type SessionErrorCode = 'SESSION_EXISTS' | 'SESSION_LIMIT' | 'SESSION_REPO_LIMIT' | 'SESSION_CLOSED';

/** Says why a session could not be made, or a delivery could not be sent. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  /** Stable name of the reason. */
  readonly code: SessionErrorCode;

  constructor(code: SessionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
