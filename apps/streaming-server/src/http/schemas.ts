import type { FastifySchema } from 'fastify';
import type { Refusing } from './check-requests.ts';

/** A JSON schema, as the document shows it. */
export type Schema = Readonly<Record<string, unknown>> & Refusing;

/** What a route is, for the document and for the check of its requests. */
export interface RouteFacts {
  /** One sentence without a full stop. */
  readonly summary: string;
  readonly tag: 'Listen' | 'History' | 'Sign in' | 'Server' | 'Deliveries' | 'Demo' | 'Operator';
  /** What a reader must know in addition. */
  readonly description?: string;
  readonly params?: Readonly<Record<string, Schema>>;
  readonly query?: Readonly<Record<string, Schema>>;
  /** Names of the parameters that the query must have. */
  readonly required?: readonly string[];
  readonly body?: Schema;
  /** Responses by status. */
  readonly responses: Readonly<Record<number, Schema>>;
  /** Codes of errors by status. */
  readonly errors?: Readonly<Record<number, readonly string[]>>;
}

/** Names of rooms in paths. */
const roomParams: Readonly<Record<string, Schema>> = {
  owner: { type: 'string', description: 'Owner of the repository, on GitHub.' },
  name: { type: 'string', description: 'Name of the repository.' },
  room: { type: 'string', description: 'A merged room, or a repository as `owner%2Frepo`.' },
};

/** The tail of a path, which names a room with a slash in it. */
export const tailParams: Readonly<Record<string, Schema>> = { '*': { type: 'string', description: 'The room.' } };

/** Parameters of a route under `roomPaths`. */
export function roomRoute(facts: RouteFacts): FastifySchema {
  return routeSchema({
    ...facts,
    params: { ...roomParams, ...facts.params },
    errors: { 400: ['REPO_ID_INVALID'], 404: ['REPO_NOT_FOUND'], ...facts.errors },
  });
}

/** Makes the schema of a route for the operator. */
export function operatorSchema(facts: Omit<RouteFacts, 'tag'>): FastifySchema {
  const refused = { 401: ['OPERATOR_ONLY'], 421: ['HOST_NOT_ALLOWED'], 429: ['TOO_MANY_GUESSES'] };
  return routeSchema({ ...facts, tag: 'Operator', errors: { ...refused, ...facts.errors } });
}

/** Makes the schema of a route. */
export function routeSchema(facts: RouteFacts): FastifySchema {
  const { summary, tag, description, params, query, required, body, responses, errors = {} } = facts;
  const refused = Object.entries(errors).map(([status, codes]) => [status, errorSchema(codes)] as const);
  return {
    summary,
    tags: [tag],
    ...(description !== undefined && { description }),
    ...(params && { params: objectOf(params) }),
    ...(query && { querystring: objectOf(query, required) }),
    ...(body && { body }),
    response: { ...responses, ...Object.fromEntries(refused) },
  };
}

/** An object with these properties, optional unless `required` names them. Other properties are allowed. */
export function objectOf(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema {
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
}

/** Any text. */
export const text: Schema = { type: 'string' };

/** An object that is described elsewhere. */
export function anyObject(description: string): Schema {
  return { type: 'object', additionalProperties: true, description };
}

/** A list. */
export function listOf(items: Schema): Schema {
  return { type: 'array', items };
}

/** A response without a body. */
export const nothing: Schema = { type: 'null', description: 'Done.' };

/** A moment in epoch ms. */
export function moment(description: string): Schema {
  return { type: 'number', description: `${description} Epoch ms.` };
}

/** A whole number in a query, with both bounds included. */
export function wholeNumber(
  description: string,
  { minimum, maximum, fallback, code }: { minimum: number; maximum: number; fallback: number; code: string },
  name = 'limit',
): Schema {
  return {
    type: 'integer',
    minimum,
    maximum,
    default: fallback,
    description,
    'x-refusal': [code, `${name} must be a whole number from ${minimum} to ${maximum}.`],
  };
}

function errorSchema(codes: readonly string[]): Schema {
  return {
    ...objectOf({
      statusCode: { type: 'integer' },
      code: { type: 'string', enum: codes },
      error: { type: 'string' },
      message: { type: 'string' },
    }),
    description: codes.map((code) => `\`${code}\``).join(', '),
  };
}

/** A phrase of a room, as history and streams describe it. */
export const phraseSchema: Schema = objectOf(
  {
    phraseId: { type: 'string' },
    repoId: { type: 'string', description: 'The repository of what gave the phrase its character.' },
    receivedAt: moment('When it was decided.'),
    startAt: moment('When it began to sound; absent while nobody has heard it.'),
    params: anyObject('What it sounds like.'),
    activity: anyObject('What gave it its character.'),
    tells: listOf(anyObject('One line of what it speaks for.')),
    reasons: listOf(anyObject('One musical choice.')),
    speaksFor: { type: 'integer', description: 'Deliveries that it speaks for.' },
    buffer: anyObject('Its score, version 2 of the wire format.'),
  },
  ['phraseId', 'repoId', 'receivedAt', 'params', 'activity', 'reasons', 'speaksFor'],
);
