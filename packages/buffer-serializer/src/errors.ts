/** Names what went wrong; stable across releases. */
export type SerializerErrorCode =
  | 'SERIALIZER_BY_URL'
  | 'SERIALIZER_CORRUPT'
  | 'SERIALIZER_EMPTY'
  | 'SERIALIZER_FETCH'
  | 'SERIALIZER_HASH_MISMATCH'
  | 'SERIALIZER_INVALID'
  | 'SERIALIZER_LENGTH_MISMATCH'
  | 'SERIALIZER_LIMIT'
  | 'SERIALIZER_NON_FINITE'
  | 'SERIALIZER_UNSUPPORTED_ENCODING'
  | 'SERIALIZER_UNSUPPORTED_LAYOUT'
  | 'SERIALIZER_UNSUPPORTED_VERSION'
  | 'SERIALIZER_URL_REFUSED';

/** Reports audio that cannot be written or must not be read. Test `code`, never `instanceof`. */
export class SerializerError extends Error {
  override readonly name = 'SerializerError';
  /** What went wrong. */
  readonly code: SerializerErrorCode;

  /** Takes a code, and a message that says what happened, to what, and what to do. */
  constructor(code: SerializerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
