import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Sessions } from '../access/sessions.ts';
import { maxRenewalMs, maxRepositories, type Tokens } from '../access/tokens.ts';
import { HttpError, roomNotFound } from './errors.ts';
import { listOf, moment, objectOf, operatorSchema, type Schema, text } from './schemas.ts';

/** Time in minutes for which a token may be renewed unless the operator says otherwise: a working day. */
const defaultMinutes = 720;

/** The body of a request for a token. */
interface TokenBody {
  readonly rooms?: readonly string[];
  readonly repositories?: readonly number[];
  readonly name?: string;
  readonly renewableMinutes?: number;
}

const refusal = [
  'TOKEN_INVALID',
  `Send {"rooms":["owner/repo"]} or {"repositories":[1296269]} with 1 to ${maxRepositories} of them.`,
] as const;

const body: Schema = {
  ...objectOf({
    rooms: { ...listOf(text), maxItems: maxRepositories, description: 'Names of rooms that deliveries have named.' },
    repositories: {
      ...listOf({ type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
      maxItems: maxRepositories,
      description: 'Numbers of repositories, on GitHub.',
    },
    name: {
      type: 'string',
      pattern: '^[\\p{L}\\p{N} ._@-]{1,64}$',
      description: 'Whom it is for. Default: a random name.',
      'x-refusal': ['TOKEN_INVALID', 'name must have 1 to 64 letters, digits, spaces and ._@-, not {value}.'],
    },
    renewableMinutes: {
      type: 'number',
      minimum: 0,
      maximum: maxRenewalMs / 60_000,
      default: defaultMinutes,
      description: 'For how long it can be renewed.',
      'x-refusal': [
        'TOKEN_INVALID',
        `renewableMinutes must be a number from 0 to ${maxRenewalMs / 60_000}, not {value}.`,
      ],
    },
  }),
  anyOf: [
    { required: ['rooms'], properties: { rooms: { type: 'array', minItems: 1 } } },
    { required: ['repositories'], properties: { repositories: { type: 'array', minItems: 1 } } },
  ],
  'x-refusal': refusal,
};

/** `POST /tokens`, for the operator: makes a token that opens private rooms. */
export function tokenRoute(
  operator: FastifyInstance,
  { sessions, tokens }: { sessions: Sessions; tokens: Tokens },
): void {
  const schema = operatorSchema({
    summary: 'Make a token for a listener',
    body,
    responses: {
      201: objectOf({
        token: text,
        expiresAt: moment('When it ends.'),
        renewableUntil: moment('Until when it can be renewed.'),
        repositories: listOf({ type: 'integer' }),
      }),
    },
    errors: { 400: ['TOKEN_INVALID'], 404: ['REPO_NOT_FOUND'] },
  });
  operator.post<{ Body: TokenBody }>('/tokens', { schema }, async (request, reply) => {
    const {
      rooms = [],
      repositories = [],
      name = `listener ${randomBytes(4).toString('hex')}`,
      renewableMinutes = defaultMinutes,
    } = request.body;
    const numbers = new Set(repositories);
    for (const room of rooms) {
      const found = (await sessions.wantedFor([room])).filter((one) => typeof one === 'number');
      if (found.length === 0) throw roomNotFound();
      for (const number of found) numbers.add(number);
    }
    if (numbers.size > maxRepositories) throw new HttpError(400, ...refusal);
    const renewableUntil = Date.now() + renewableMinutes * 60_000;
    const made = await tokens.make({ subject: name, repositories: [...numbers], renewableUntil });
    return reply.code(201).send({ ...made, renewableUntil, repositories: [...numbers] });
  });
}
