import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Sessions } from '../access/sessions.ts';
import { maxRenewalMs, maxRepositories, type Tokens } from '../access/tokens.ts';
import { HttpError, roomNotFound } from './errors.ts';
import { anyBody, listOf, moment, objectOf, operatorSchema, text } from './schemas.ts';

/** Time in minutes for which a token may be renewed unless the operator says otherwise: a working day. */
const defaultMinutes = 720;

/** `POST /tokens`, for the operator: makes a token that opens private rooms. */
export function tokenRoute(
  operator: FastifyInstance,
  { sessions, tokens }: { sessions: Sessions; tokens: Tokens },
): void {
  const schema = operatorSchema({
    summary: 'Make a token for a listener',
    body: anyBody('`rooms` or `repositories`, and optionally `name` and `renewableMinutes`.'),
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
  operator.post<{ Body: unknown }>('/tokens', { schema }, async (request, reply) => {
    const { rooms, repositories, name, renewableMinutes } = bodyOf(request.body);
    const numbers = new Set(repositories);
    for (const room of rooms) {
      const found = (await sessions.wantedFor([room])).filter((one) => typeof one === 'number');
      if (found.length === 0) throw roomNotFound();
      for (const number of found) numbers.add(number);
    }
    if (numbers.size > maxRepositories) throw invalid();
    const renewableUntil = Date.now() + renewableMinutes * 60_000;
    const made = await tokens.make({ subject: name, repositories: [...numbers], renewableUntil });
    return reply.code(201).send({ ...made, renewableUntil, repositories: [...numbers] });
  });
}

function bodyOf(body: unknown): {
  readonly rooms: readonly string[];
  readonly repositories: readonly number[];
  readonly name: string;
  readonly renewableMinutes: number;
} {
  const given = (body ?? {}) as Readonly<Record<string, unknown>>;
  const {
    rooms = [],
    repositories = [],
    name = `listener ${randomBytes(4).toString('hex')}`,
    renewableMinutes = defaultMinutes,
  } = given;
  const isRight =
    isListOf(rooms, (one): one is string => typeof one === 'string') &&
    isListOf(repositories, (one): one is number => Number.isSafeInteger(one) && Number(one) > 0) &&
    rooms.length + repositories.length > 0 &&
    typeof name === 'string' &&
    /^[\p{L}\p{N} ._@-]{1,64}$/u.test(name) &&
    typeof renewableMinutes === 'number' &&
    renewableMinutes >= 0 &&
    renewableMinutes * 60_000 <= maxRenewalMs;
  if (!isRight) throw invalid();
  return { rooms, repositories, name, renewableMinutes };
}

function isListOf<Item>(value: unknown, is: (one: unknown) => one is Item): value is readonly Item[] {
  return Array.isArray(value) && value.length <= maxRepositories && value.every(is);
}

function invalid(): HttpError {
  return new HttpError(
    400,
    'TOKEN_INVALID',
    `Send {"rooms":["owner/repo"]} or {"repositories":[1296269]} with 1 to ${maxRepositories} of them; "name" has up to 64 letters and digits, "renewableMinutes" is 0 to ${maxRenewalMs / 60_000}.`,
  );
}
