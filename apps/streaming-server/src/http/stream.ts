import type { FastifyInstance } from 'fastify';
import { type Delivery, deliveryKinds, readDelivery, variantOf, wireEncodings } from '../delivery/delivery.ts';
import type { ListenOptions, StreamingService } from '../delivery/streaming-service.ts';
import type { Access } from '../rooms/access.ts';
import { isLoopback } from '../settings/config.ts';
import { HttpError, roomNameInvalid, roomNotFound } from './errors.ts';
import type { IsOperator } from './operator.ts';

/** Query of `/stream/:repo`; a parameter given twice arrives as a list. */
type StreamQuery = Readonly<Record<'format' | 'delivery' | 'clientId' | 'resumeKey', string | string[] | undefined>>;

/** `GET /stream/:repo`: what a room plays, as Server-Sent Events, for everyone who may listen. */
export function streamRoute(
  app: FastifyInstance,
  { service, access, isOperator }: { service: StreamingService; access: Access; isOperator: IsOperator },
): void {
  // The router gives the tail of the path decoded: `owner/repo` and `owner%2Frepo` are the same.
  app.get<{ Params: { '*': string }; Querystring: StreamQuery }>(
    '/stream/*',
    { sse: { kind: 'manual', heartbeat: false } },
    async (request, reply) => {
      const asked = request.params['*'];
      if (!access.isRoomName(asked)) throw roomNameInvalid();
      const variant = variantOf(wantedDelivery(request.query));
      const mayListen = ({ isPublic }: { readonly isPublic: boolean }): void => {
        if (!isPublic && !isOperator(request.headers)) throw roomNotFound();
      };
      // Checked before the room is followed: nothing is read or rendered for a listener who may not come in.
      const place = await access.find(asked);
      mayListen(place);
      const connect: ListenOptions['connect'] = (channel, start) =>
        reply.connectSSE({
          channel,
          start,
          variant,
          clientId: single(request.query.clientId),
          resumeKey: single(request.query.resumeKey),
          // Behind a proxy on this machine all listeners have its address, so it does not count as one greedy client.
          address: isLoopback(request.ip) ? undefined : request.ip,
        });
      // Nobody listens to a HEAD request, so it wakes no room.
      if (request.method === 'HEAD') connect(place.channel, 'next');
      else await service.listen(asked, { variant, mayListen, connect });
    },
  );
}

function wantedDelivery(query: StreamQuery): Delivery {
  const kind = deliveryKinds.find((one) => one === (single(query.delivery) ?? 'inline'));
  if (kind === undefined) {
    throw new HttpError(400, 'STREAM_DELIVERY_UNKNOWN', `delivery must be one of ${deliveryKinds.join(', ')}.`);
  }
  const delivery = readDelivery(kind, single(query.format));
  if (!delivery) {
    throw new HttpError(400, 'STREAM_FORMAT_UNKNOWN', `format must be one of ${wireEncodings.join(', ')}.`);
  }
  return delivery;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
