import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PhraseScores } from '../clips/phrase-scores.ts';
import { type Access, isHearable, type Place } from '../rooms/access.ts';
import { tellsOfPhrase } from '../rooms/compose-phrase.ts';
import type { KeptPhrase, Tables } from '../rooms/tables.ts';
import { askedRoom, enterRoom, type RoomParams, roomPaths } from './room-paths.ts';
import { listOf, moment, objectOf, phraseSchema, roomRoute, tailParams, wholeNumber } from './schemas.ts';

/** Most phrases in one response. */
const maxLimit = 100;

/** Most pages that are read for one response, if a request may not have all of their phrases. */
const maxPages = 20;

/** What `historyRoute` works with. */
export interface HistoryOptions {
  readonly tables: Tables;
  readonly access: Access;
  readonly scores: PhraseScores;
}

/** A request for history; `before` is a cursor. */
type HistoryRequest = FastifyRequest<{
  Params: RoomParams & { readonly '*'?: string };
  Querystring: { readonly limit: number; readonly before?: string; readonly scores: 'on' | 'off' };
}>;

/**
 * `GET /repos/:repo/history`: the phrases of a room, newest first, for everyone who may listen; `GET /history/:repo` is
 * its former path.
 */
export function historyRoute(app: FastifyInstance, { tables, access, scores }: HistoryOptions): void {
  const schema = roomRoute({
    summary: 'Read what a room played, newest first',
    tag: 'History',
    params: tailParams,
    query: {
      limit: wholeNumber('Phrases in the response.', {
        minimum: 1,
        maximum: maxLimit,
        fallback: 20,
        code: 'HISTORY_LIMIT_INVALID',
      }),
      before: { type: 'string', maxLength: 200, description: '`next` of the response before.' },
      scores: {
        type: 'string',
        enum: ['on', 'off'],
        default: 'off',
        description: 'Whether each phrase comes with its score.',
      },
    },
    responses: {
      200: objectOf(
        {
          repoId: { type: 'string', description: 'Name of the room.' },
          hasWebhook: { type: 'boolean', description: 'Whether a webhook has been seen for this room.' },
          lastHeardAt: moment('When the newest phrase that sounded began.'),
          phrases: listOf(phraseSchema),
          next: { type: 'string', description: 'Cursor of the next response; absent at the end.' },
        },
        ['repoId', 'hasWebhook', 'phrases'],
      ),
    },
    errors: { 400: ['REPO_ID_INVALID', 'HISTORY_LIMIT_INVALID', 'REQUEST_INVALID'] },
  });
  const read = async (request: HistoryRequest, reply: FastifyReply): Promise<object> => {
    const { params, query, visitor } = request;
    const place = await enterRoom(access, request, params['*'] ?? askedRoom(params));
    const withScores = query.scores === 'on';
    const { key, name } = place;
    const { limit } = query;
    const mayHear = ({ phrase }: KeptPhrase): boolean => visitor.isOperator || isHearable(phrase, place);
    const kept = key === undefined ? [] : await readPhrases(tables, key, { limit, before: query.before, mayHear });
    const newest = query.before === undefined ? await newestHeard(tables, place, mayHear) : undefined;
    const next = kept.length === limit ? kept.at(-1)?.phrase.phraseId : undefined;
    reply.header('cache-control', 'no-store');
    return {
      repoId: name,
      hasWebhook: await access.isKnown(place),
      ...(newest !== undefined && { lastHeardAt: newest }),
      phrases: kept.map((one) => ({
        ...describePhrase(one),
        ...(withScores && { buffer: scores.past(one.phrase) }),
      })),
      ...(next !== undefined && { next }),
    };
  };
  for (const path of ['/history/*', ...roomPaths('/repos', '/history')]) app.get(path, { schema }, read);
}

/** Describes a phrase, as history and streams do. */
export function describePhrase({ phrase, startAt }: KeptPhrase): Readonly<Record<string, unknown>> {
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

/** Reads phrases that a request may have, newest first; reads further pages if it may not have all of one. */
async function readPhrases(
  tables: Tables,
  key: string,
  {
    limit,
    before,
    mayHear,
  }: { readonly limit: number; readonly before: string | undefined; mayHear(kept: KeptPhrase): boolean },
): Promise<readonly KeptPhrase[]> {
  const found: KeptPhrase[] = [];
  let from = before;
  for (let page = 0; page < maxPages; page++) {
    const kept = await tables.phrases(key, from === undefined ? { limit } : { limit, before: from });
    found.push(...kept.filter(mayHear));
    from = kept.at(-1)?.phrase.phraseId;
    if (found.length >= limit || kept.length < limit) break;
  }
  return found.slice(0, limit);
}

/** Finds the start of the newest phrase that sounded, among the newest 100. */
async function newestHeard(
  tables: Tables,
  { key }: Place,
  mayHear: (kept: KeptPhrase) => boolean,
): Promise<number | undefined> {
  if (key === undefined) return undefined;
  const newest = await tables.phrases(key, { limit: maxLimit });
  return newest.find((kept) => kept.startAt !== undefined && mayHear(kept))?.startAt;
}
