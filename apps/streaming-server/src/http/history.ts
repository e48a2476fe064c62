import type { FastifyInstance } from 'fastify';
import { type Access, isHearable } from '../rooms/access.ts';
import { tellsOfPhrase } from '../rooms/compose-phrase.ts';
import type { KeptPhrase, Tables } from '../rooms/tables.ts';
import { HttpError, roomNameInvalid, roomNotFound } from './errors.ts';

/** Phrases in one response, at most. */
const maxLimit = 100;

/** `GET /history/:repo`: the phrases of a room, newest first, for everyone who may listen. */
export function historyRoute(app: FastifyInstance, { tables, access }: { tables: Tables; access: Access }): void {
  app.get<{ Params: { '*': string }; Querystring: { limit?: string; before?: string } }>(
    '/history/*',
    async (request, reply) => {
      const asked = request.params['*'];
      if (!access.isRoomName(asked)) throw roomNameInvalid();
      const place = await access.find(asked);
      const { key, name } = place;
      if (!request.visitor.mayHear(place)) throw roomNotFound();
      const { limit: text = '20', before } = request.query;
      const limit = Number(text);
      if (!(Number.isInteger(limit) && limit >= 1 && limit <= maxLimit)) {
        throw new HttpError(400, 'HISTORY_LIMIT_INVALID', `limit must be a whole number from 1 to ${maxLimit}.`);
      }
      const options = typeof before === 'string' ? { limit, before } : { limit };
      const kept = key === undefined ? [] : await tables.phrases(key, options);
      reply.header('cache-control', 'no-store');
      return {
        repoId: name,
        phrases: kept.filter(({ phrase }) => request.visitor.isOperator || isHearable(phrase, place)).map(describe),
      };
    },
  );
}

function describe({ phrase, startAt }: KeptPhrase): Readonly<Record<string, unknown>> {
  const tells = tellsOfPhrase(phrase);
  return {
    phraseId: phrase.phraseId,
    repoId: phrase.repoId,
    receivedAt: phrase.receivedAt,
    ...(startAt !== undefined && { startAt }),
    params: phrase.musicalParams,
    activity: phrase.activity,
    ...(tells && { tells }),
    reasons: phrase.reasons,
    speaksFor: phrase.deliveryIds.length,
  };
}
