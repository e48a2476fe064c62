/** Why a delivery was refused, or why another source of activities failed. The README has a row for each code. */
export type WebhookErrorCode =
  | 'WEBHOOK_SIGNATURE_MISSING'
  | 'WEBHOOK_SIGNATURE_INVALID'
  | 'WEBHOOK_HEADER_INVALID'
  | 'WEBHOOK_MEDIA_TYPE_UNSUPPORTED'
  | 'WEBHOOK_BODY_TOO_LARGE'
  | 'WEBHOOK_BODY_TIMEOUT'
  | 'WEBHOOK_BODY_INVALID'
  | 'WEBHOOK_REPOSITORY_INVALID'
  | 'WEBHOOK_BUSY'
  | 'WEBHOOK_STORE_UNAVAILABLE'
  | 'WEBHOOK_SOURCE_FAILED';

const statusCodes = {
  WEBHOOK_SIGNATURE_MISSING: 401,
  WEBHOOK_SIGNATURE_INVALID: 401,
  WEBHOOK_HEADER_INVALID: 400,
  WEBHOOK_MEDIA_TYPE_UNSUPPORTED: 415,
  WEBHOOK_BODY_TOO_LARGE: 413,
  WEBHOOK_BODY_TIMEOUT: 408,
  WEBHOOK_BODY_INVALID: 400,
  WEBHOOK_REPOSITORY_INVALID: 400,
  WEBHOOK_BUSY: 503,
  WEBHOOK_STORE_UNAVAILABLE: 503,
  WEBHOOK_SOURCE_FAILED: 502,
} as const satisfies Record<WebhookErrorCode, number>;

/**
 * Says why a delivery was refused, or why another source failed. The message contains no secret, no signature and no
 * part of the payload.
 */
export class WebhookError extends Error {
  override readonly name = 'WebhookError';
  /** Stable code: test this, not the message. */
  readonly code: WebhookErrorCode;
  /**
   * The HTTP status to respond with: 4xx when the sender must change something; 408 and 503 when it may send the same
   * again. 502 for `WEBHOOK_SOURCE_FAILED`.
   */
  readonly statusCode: number;

  constructor(code: WebhookErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.statusCode = statusCodes[code];
  }
}
