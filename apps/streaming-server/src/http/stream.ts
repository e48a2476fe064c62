import type { SSEConnection } from '@bnc/sse';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Delivery, deliveryKinds, deliveryOf, formats, readDelivery, variantOf } from '../delivery/delivery.ts';
import type { OpenRooms, StreamingService } from '../delivery/streaming-service.ts';
import type { Access, Door } from '../rooms/access.ts';
import { isLoopback } from '../settings/config.ts';
import { HttpError, roomNameInvalid, roomNotFound } from './errors.ts';
import { routeSchema, type Schema, tailParams } from './schemas.ts';

/** Most rooms on one stream. */
const maxRooms = 16;

/**
 * Silence in ms after which listeners of scores get a heartbeat: the page takes a line for dead after 35 s of silence.
 */
const scoreHeartbeatMs = 15_000;

/** Longest time in s after which listeners come back, each at another moment, when all streams of HTTP/1.1 are taken. */
const maxAwaySeconds = 30;

/** Query of a stream; a parameter given twice arrives as a list. */
type StreamQuery = Readonly<
  Record<'format' | 'delivery' | 'bed' | 'clientId' | 'resumeKey' | 'repo', string | string[] | undefined>
>;

/** A request for a stream. */
type StreamRequest = FastifyRequest<{ Querystring: StreamQuery }>;

/**
 * `GET /stream/:repo`, what a room plays, as Server-Sent Events, for everyone who may listen; and `GET
 * /stream?repo=a&repo=b`, several rooms on one stream.
 */
export function streamRoute(
  app: FastifyInstance,
  { service, access, maxHttp1Streams }: { service: StreamingService; access: Access; maxHttp1Streams: number },
): void {
  let http1Streams = 0;
  const sse = { kind: 'manual', heartbeat: false } as const;
  const query: Readonly<Record<string, Schema>> = {
    format: { description: `One of ${formats.join(', ')}; with links, several with commas between them.` },
    delivery: { description: `One of ${deliveryKinds.join(', ')}.` },
    bed: { description: '`on` or `off`.' },
    clientId: { description: 'A name for this listener.' },
    resumeKey: { description: 'The key that `connected` gave with this name.' },
    lastEventId: { description: 'Where the listener left off.' },
  };
  const facts = {
    tag: 'Listen',
    description: 'Server-Sent Events; docs/protocol.md describes them.',
    responses: { 200: { type: 'string', description: 'The stream.' } },
    errors: {
      400: ['REPO_ID_INVALID', 'STREAM_FORMAT_UNKNOWN', 'STREAM_DELIVERY_UNKNOWN', 'STREAM_BED_UNKNOWN'],
      404: ['REPO_NOT_FOUND'],
      406: ['SSE_NOT_ACCEPTABLE'],
      429: ['SSE_TOO_MANY_FROM_ADDRESS'],
      503: ['SSE_TOO_MANY_CONNECTIONS', 'SSE_CHANNEL_FULL', 'SSE_CLOSING'],
    },
  } as const;
  const one = routeSchema({ ...facts, summary: 'Listen to a room', params: tailParams, query });
  const several = routeSchema({
    ...facts,
    summary: 'Listen to several rooms on one stream',
    query: { repo: { description: `A room; 1 to ${maxRooms} times.` }, ...query },
    errors: { ...facts.errors, 400: [...facts.errors[400], 'STREAM_ROOMS_INVALID'] },
  });
  const open = async (
    rooms: readonly string[],
    { request, reply, isSeveral }: { request: StreamRequest; reply: FastifyReply; isSeveral: boolean },
  ): Promise<void> => {
    for (const room of rooms) if (!access.isRoomName(room)) throw roomNameInvalid();
    const variant = variantOf(wantedDelivery(request.query), { bed: wantedBed(request.query) });
    const { visitor } = request;
    const mayHear = (door: Door): boolean => visitor.mayHear(door);
    const connect = ({ channels, start, state }: OpenRooms): SSEConnection => {
      const [channel = ''] = channels;
      const isHttp1 = request.raw.httpVersionMajor < 2;
      if (isHttp1 && http1Streams >= maxHttp1Streams) {
        throw new HttpError(
          503,
          'SSE_TOO_MANY_CONNECTIONS',
          `All ${maxHttp1Streams} streams of HTTP/1.1 are taken: try again later.`,
          Math.ceil(Math.random() * maxAwaySeconds),
        );
      }
      const connection = reply.connectSSE({
        ...(isSeveral ? { channels, state } : { channel }),
        start,
        variant,
        heartbeatMs: deliveryOf(variant)?.kind === 'score' ? scoreHeartbeatMs : undefined,
        clientId: single(request.query.clientId),
        resumeKey: single(request.query.resumeKey),
        expiresAt: visitor.grant?.expiresAt,
        // Behind a proxy on this machine all listeners have its address, so it does not count as one greedy client.
        address: isLoopback(request.ip) ? undefined : request.ip,
      });
      if (isHttp1) {
        http1Streams++;
        void connection.closed.then(() => http1Streams--);
      }
      return connection;
    };
    if (request.method !== 'HEAD') return service.listen(rooms, { variant, mayHear, connect });
    // Nobody listens to a HEAD request, so it wakes no room.
    const places = await Promise.all(rooms.map((room) => access.find(room)));
    if (!places.every(mayHear)) throw roomNotFound();
    const channels = places.map(({ channel }) => channel);
    connect({ channels, start: () => 'next', state: { rooms: [], refused: [] } });
  };
  // The router gives the tail of the path decoded: `owner/repo` and `owner%2Frepo` are the same.
  app.get<{ Params: { '*': string }; Querystring: StreamQuery }>('/stream/*', { sse, schema: one }, (request, reply) =>
    open([request.params['*']], { request, reply, isSeveral: false }),
  );
  app.get<{ Querystring: StreamQuery }>('/stream', { sse, schema: several }, (request, reply) => {
    const rooms = [...new Set([request.query.repo ?? []].flat())];
    if (rooms.length === 0 || rooms.length > maxRooms) {
      throw new HttpError(
        400,
        'STREAM_ROOMS_INVALID',
        `Name 1 to ${maxRooms} rooms: /stream?repo=owner/a&repo=owner/b`,
      );
    }
    return open(rooms, { request, reply, isSeveral: true });
  });
}

function wantedDelivery(query: StreamQuery): Delivery {
  const kind = deliveryKinds.find((one) => one === (single(query.delivery) ?? 'inline'));
  if (kind === undefined) {
    throw new HttpError(400, 'STREAM_DELIVERY_UNKNOWN', `delivery must be one of ${deliveryKinds.join(', ')}.`);
  }
  const delivery = readDelivery(kind, single(query.format));
  if (!delivery) {
    throw new HttpError(400, 'STREAM_FORMAT_UNKNOWN', `format must be one of ${formats.join(', ')}.`);
  }
  return delivery;
}

function wantedBed(query: StreamQuery): boolean {
  const bed = single(query.bed) ?? 'off';
  if (bed !== 'on' && bed !== 'off') throw new HttpError(400, 'STREAM_BED_UNKNOWN', 'bed must be on or off.');
  return bed === 'on';
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
