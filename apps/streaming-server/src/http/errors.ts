import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** A response that refuses a request: status, stable code and a sentence for a person. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly statusCode: number;
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(statusCode: number, code: string, message: string, retryAfterSeconds?: number) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Refuses a path that cannot name a room. */
export function roomNameInvalid(): HttpError {
  return new HttpError(400, 'REPO_ID_INVALID', 'A repository is named owner/repo, as GitHub allows it.');
}

/** Makes the response for an unknown room, which is the same for a room that the client may not hear. */
export function roomNotFound(): HttpError {
  return new HttpError(404, 'REPO_NOT_FOUND', 'There is no such repository here.');
}

/** Refuses what only the operator may do. */
export function operatorOnly(): HttpError {
  return new HttpError(
    401,
    'OPERATOR_ONLY',
    'This needs an operator token: send one of ADMIN_TOKENS as a bearer token.',
  );
}

/** Refuses an address that has sent too many wrong tokens. */
export function tooManyGuesses(): HttpError {
  return new HttpError(429, 'TOO_MANY_GUESSES', 'This address has sent too many wrong tokens.', 60);
}

const names: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  413: 'Payload Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

/** Makes the body of every error over HTTP. */
export function errorBody(statusCode: number, code: string, message: string): Record<string, unknown> {
  return {
    statusCode,
    code,
    error: names[statusCode] ?? (statusCode < 500 ? 'Bad Request' : 'Internal Server Error'),
    message,
  };
}

/** Errors of the bus, by code, and of the Redis client, by class: the store cannot be reached for now. */
const troubles: ReadonlySet<string> = new Set([
  'BUS_UNAVAILABLE',
  'BUS_OVERLOADED',
  'BUS_STORAGE_FULL',
  'ClientOfflineError',
  'ClientClosedError',
  'SocketClosedUnexpectedlyError',
  'ConnectionTimeoutError',
  'SocketTimeoutError',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
]);

/** How Redis says that it cannot serve for now: while it starts, as a replica, without space. */
const away = /^(?:LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|MISCONF|OOM|BUSY|TRYAGAIN) /;

/** Refuses what needs the store, for now. */
export function storeUnavailable(): HttpError {
  return new HttpError(503, 'STORE_UNAVAILABLE', 'The server cannot reach its store. Try again later.', 5);
}

/** Sends every error in one form. An internal error reveals nothing about the inside of the server. */
export function sendErrors(app: FastifyInstance): void {
  type Thrown = Pick<FastifyError, 'statusCode' | 'code' | 'message'> & {
    readonly retryAfterSeconds?: number | undefined;
    readonly retryAfter?: number;
  };
  app.setErrorHandler<FastifyError>((thrown, request, reply) => {
    const isTrouble = troubles.has(thrown.code) || troubles.has(thrown.constructor.name) || away.test(thrown.message);
    const error: Thrown = isTrouble ? storeUnavailable() : thrown;
    const statusCode = error.statusCode ?? 500;
    if (statusCode >= 500 && statusCode !== 503) {
      request.log.error({ err: error }, 'request failed');
      return reply
        .code(500)
        .send(errorBody(500, 'INTERNAL_ERROR', 'The server failed. The log of the server says why.'));
    }
    const retryAfter = error.retryAfterSeconds ?? error.retryAfter;
    if (retryAfter !== undefined) reply.header('retry-after', String(Math.ceil(retryAfter)));
    return reply.code(statusCode).send(errorBody(statusCode, error.code, error.message));
  });
}

/** Replies to requests without a route: 404, within the same limits as any other request. */
export function sendNotFound(app: FastifyInstance): void {
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (request, reply) =>
    reply.code(404).send(errorBody(404, 'ROUTE_NOT_FOUND', `There is no ${request.method} route at this path.`)),
  );
}

/**
 * Replies to requests whose path cannot be read. No hook has run by then: sets the header here, and repeats no input.
 */
export function sendUnreadable(
  { statusCode = 400, code }: FastifyError,
  _request: FastifyRequest,
  reply: FastifyReply,
): void {
  reply
    .code(statusCode)
    .header('x-content-type-options', 'nosniff')
    .send(errorBody(statusCode, code, 'The path cannot be read.'));
}
