/** Why a session could not be made or used. */
export type SessionErrorCode = 'SESSION_EXISTS' | 'SESSION_LIMIT' | 'SESSION_REPO_LIMIT' | 'SESSION_CLOSED';

/** Says why a session could not be made. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  /** Stable name of the reason. */
  readonly code: SessionErrorCode;

  constructor(code: SessionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
