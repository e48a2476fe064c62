import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ClipPaths } from '../access/clip-paths.ts';
import type { PhraseClips } from '../clips/phrase-clips.ts';
import type { PhraseScores } from '../clips/phrase-scores.ts';
import { engineName } from '../export/engine.ts';
import { type Exporter, type ExportFile, type ExportFormat, exportFormats, maxSpanMs } from '../export/exporter.ts';
import { Slots } from '../export/slots.ts';
import { type Access, isHearable, type Place } from '../rooms/access.ts';
import { lower } from '../rooms/names.ts';
import type { KeptPhrase, Tables } from '../rooms/tables.ts';
import { clientOf } from './doors.ts';
import { HttpError, roomNotFound } from './errors.ts';
import { describePhrase } from './history.ts';
import { askedRoom, enterRoom, type RoomParams, roomPaths } from './room-paths.ts';
import { phraseSchema, roomRoute } from './schemas.ts';

/** Most files that are written at one time, for all clients and for each. */
const fileSlots = { max: 2, maxEach: 1 };

/** Most phrases that are rendered again at one time, for all clients and for each. */
const phraseSlots = { max: 4, maxEach: 2 };

/** Time in seconds after which a client without a place may ask again. */
const busySeconds = 10;

/** How often, in ms, a request is checked for whether it may still have the room. */
const recheckMs = 500;

/** Time in ms without a byte on the line, after which a request is ended. */
const stallMs = 120_000;

/** Formats of one phrase. */
const phraseFormats = ['score', ...exportFormats] as const;

/** What `exportRoutes` works with. */
export interface ExportOptions {
  readonly tables: Tables;
  readonly access: Access;
  readonly exporter: Exporter;
  readonly clips: PhraseClips;
  readonly scores: PhraseScores;
  readonly paths: ClipPaths;
  onError(error: unknown): void;
}

type SpanRequest = FastifyRequest<{
  Params: RoomParams;
  Querystring: {
    readonly from: number;
    readonly to: number;
    readonly format: ExportFormat;
    readonly bed: 'on' | 'off';
  };
}>;

type PhraseRequest = FastifyRequest<{
  Params: RoomParams & { readonly phraseId: string };
  Querystring: { readonly format: (typeof phraseFormats)[number] };
}>;

/**
 * `GET /repos/:repo/export`: what a room played in a span, as one file; and `GET /repos/:repo/phrases/:phraseId`: one
 * phrase, as score, sound or notes.
 */
export function exportRoutes(app: FastifyInstance, options: ExportOptions): void {
  const { tables, access, exporter, clips, scores, paths, onError } = options;
  const files = new Slots(fileSlots);
  const phrases = new Slots(phraseSlots);

  const readSpan = async (request: SpanRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const asked = askedRoom(request.params);
    const place = await enterRoom(access, request, asked);
    const { from, to, format, bed } = request.query;
    if (!(to > from && to - from <= maxSpanMs && to <= Date.now())) {
      throw new HttpError(
        400,
        'EXPORT_SPAN_INVALID',
        `from and to must be moments of the past in epoch ms, at most ${maxSpanMs} ms apart.`,
      );
    }
    const { key, name } = place;
    if (key === undefined) throw new HttpError(404, 'EXPORT_EMPTY', 'Nothing was heard in this span.');
    const signal = begin(files, request, reply);
    let checkedAt = Date.now();
    const room = {
      key,
      name,
      channels: await channelsOf(place),
      mayHear: (kept: KeptPhrase) => request.visitor.isOperator || isHearable(kept.phrase, place),
      check: async () => {
        if (Date.now() - checkedAt < recheckMs) return;
        checkedAt = Date.now();
        const now = await access.find(asked);
        if (now.key !== key || !request.visitor.mayHear(now)) throw roomNotFound();
      },
    };
    const file = await exporter.span(room, { from, to, format, bed: bed === 'on' }, signal);
    const seconds = Math.round((to - from) / 1000);
    return send(reply, file, { name: `${fileName(name, from)}-${seconds}s.${format}`, signal });
  };

  const readPhrase = async (request: PhraseRequest, reply: FastifyReply): Promise<unknown> => {
    const place = await enterRoom(access, request, askedRoom(request.params));
    const { format } = request.query;
    const kept = place.key === undefined ? undefined : await tables.phrase(place.key, request.params.phraseId);
    if (!kept || !(request.visitor.isOperator || isHearable(kept.phrase, place))) {
      throw new HttpError(404, 'PHRASE_NOT_FOUND', 'There is no such phrase in this room.');
    }
    const { phrase } = kept;
    reply.header('cache-control', 'no-store');
    if (format === 'score') {
      // Measuring its gain takes a small render; without a place for that, an estimate has to do.
      const release = phrases.take(clientOf(request));
      const buffer = release ? await scores.measured(phrase).finally(release) : scores.past(phrase);
      return { ...describePhrase(kept), buffer };
    }
    const signal = begin(phrases, request, reply);
    if (format === 'flac' || format === 'opus') {
      const { key = '', channel, isPublic } = place;
      const name = await made(clips.again(phrase, { key, channel }, format, signal), signal);
      const room = { repoId: channel, repositoryId: phrase.room === undefined ? phrase.repositoryId : 0 };
      return reply.redirect(paths.of(name, isPublic ? undefined : room));
    }
    const file = await made(exporter.phrase(kept, format, signal), signal);
    const startAt = kept.startAt ?? phrase.receivedAt;
    return send(reply, file, { name: `${fileName(place.name, startAt)}.${format}`, signal });
  };

  /** Waits for the sound of a phrase. A render that fails is the server's fault, and may succeed later. */
  const made = <Made>(work: Promise<Made>, signal: AbortSignal): Promise<Made> =>
    work.catch((error: unknown) => {
      if (signal.aborted || !(error instanceof Error && 'code' in error && String(error.code).startsWith('RENDER_'))) {
        throw error;
      }
      onError(error);
      throw new HttpError(503, 'EXPORT_FAILED', 'This phrase could not be rendered. Try again later.', busySeconds);
    });

  /** Takes a place for a request until its response has ended, however it ends. */
  const begin = (slots: Slots, request: FastifyRequest, reply: FastifyReply): AbortSignal => {
    const release = slots.take(clientOf(request));
    if (!release) {
      throw new HttpError(503, 'EXPORT_BUSY', 'Other files are being made. Try again in a moment.', busySeconds);
    }
    const ended = new AbortController();
    reply.raw.once('close', () => {
      ended.abort();
      release();
    });
    reply.raw.setTimeout(stallMs, () => reply.raw.destroy());
    return ended.signal;
  };

  const send = (
    reply: FastifyReply,
    { mediaType, bytes, leftOut, body }: ExportFile,
    { name, signal }: { readonly name: string; readonly signal: AbortSignal },
  ): FastifyReply => {
    reply
      .header('cache-control', 'private, no-store')
      .header('content-disposition', `attachment; filename="${name}"`)
      .header('x-engine', engineName)
      .type(mediaType);
    if (bytes !== undefined) reply.header('content-length', bytes);
    else if (leftOut) reply.trailer('x-left-out', async () => String(leftOut()));
    if (body instanceof Uint8Array) return reply.send(Buffer.from(body));
    const stream = Readable.fromWeb(body as import('node:stream/web').ReadableStream<Uint8Array>);
    stream.on('error', (error: Error) => {
      if (!signal.aborted) onError(error);
    });
    return reply.send(stream);
  };

  /** Returns all names under which a room was heard. */
  const channelsOf = async ({ key, channel }: Place): Promise<readonly string[]> => {
    const names = key !== undefined && /^\d+$/.test(key) ? await tables.namesOf(Number(key)) : [];
    return [...new Set([channel, ...names.map(lower)])];
  };

  const file = { type: 'string', description: 'The file; the header `X-Engine` names what made it.' } as const;
  const spanSchema = roomRoute({
    summary: 'Take away what a room played, as one file',
    tag: 'History',
    query: {
      from: { type: 'integer', minimum: 0, description: 'Start of the span in epoch ms.', 'x-refusal': spanInvalid },
      to: { type: 'integer', minimum: 0, description: 'End of the span in epoch ms.', 'x-refusal': spanInvalid },
      format: { type: 'string', enum: exportFormats, default: 'opus', 'x-refusal': formatUnknown },
      bed: { type: 'string', enum: ['on', 'off'], default: 'off', description: 'With what sounded under the phrases.' },
    },
    required: ['from', 'to'],
    responses: { 200: file },
    errors: {
      400: ['REPO_ID_INVALID', 'EXPORT_SPAN_INVALID', 'EXPORT_FORMAT_UNKNOWN', 'EXPORT_TOO_LARGE', 'REQUEST_INVALID'],
      404: ['REPO_NOT_FOUND', 'EXPORT_EMPTY'],
      503: ['EXPORT_BUSY'],
    },
  });
  const phraseRoute = roomRoute({
    summary: 'Read one phrase, as score, sound or notes',
    tag: 'History',
    params: { phraseId: { type: 'string' } },
    query: { format: { type: 'string', enum: phraseFormats, default: 'score', 'x-refusal': formatUnknown } },
    responses: { 200: phraseSchema, 302: { type: 'null', description: 'The clip, for `flac` and `opus`.' } },
    errors: {
      400: ['REPO_ID_INVALID', 'EXPORT_FORMAT_UNKNOWN'],
      404: ['REPO_NOT_FOUND', 'PHRASE_NOT_FOUND'],
      503: ['EXPORT_BUSY', 'EXPORT_FAILED'],
    },
  });
  // A HEAD request would make the whole file.
  for (const path of roomPaths('/repos', '/export')) {
    app.get(path, { schema: spanSchema, exposeHeadRoute: false }, readSpan);
  }
  // Ids end in a number, so that a repository may be called `phrases`.
  for (const path of roomPaths('/repos', '/phrases/:phraseId(^[\\w-]{1,80}-\\d{1,20}$)')) {
    app.get(path, { schema: phraseRoute, exposeHeadRoute: false }, readPhrase);
  }
}

const spanInvalid = [
  'EXPORT_SPAN_INVALID',
  `from and to must be moments of the past in epoch ms, at most ${maxSpanMs} ms apart.`,
] as const;

const formatUnknown = ['EXPORT_FORMAT_UNKNOWN', `format must be one of ${phraseFormats.join(', ')}.`] as const;

/** Names a file by its room and its moment, in characters that every system accepts. */
function fileName(room: string, at: number): string {
  return `${room.replaceAll(/[^\w.-]/g, '-')}-${new Date(at).toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
}
