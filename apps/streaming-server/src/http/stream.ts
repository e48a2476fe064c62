import type { FastifyInstance } from 'fastify';
import { readForm, variantOf } from '../delivery/form.ts';
import type { StreamingService } from '../delivery/streaming-service.ts';
import type { Access } from '../rooms/access.ts';
import { isLoopback } from '../settings/config.ts';
import { roomNameInvalid, roomNotFound } from './errors.ts';
import type { IsOperator } from './operator.ts';

/** Query of `/stream/:repo`; a parameter given twice arrives as a list. */
type StreamQuery = Readonly<
  Record<'format' | 'delivery' | 'clientId' | 'resumeKey' | 'lastEventId', string | string[] | undefined>
>;

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
      const variant = variantOf(readForm(single(request.query.format), single(request.query.delivery)));
      // An old name leads to the repository that had it.
      const mayListen = ({ isPublic }: { readonly isPublic: boolean }): void => {
        if (!isPublic && !isOperator(request.headers)) throw roomNotFound();
      };
      // Before the room is followed: nothing is read or rendered for a listener who may not come in.
      mayListen(await access.find(asked));
      const room = await service.enter(asked, variant);
      try {
        // It may turn private while we wait.
        mayListen(room);
        const lastEventId = single(request.headers['last-event-id'] ?? request.query.lastEventId);
        if (lastEventId) await service.prepare(room, variant, lastEventId);
        mayListen(room);
        const connection = reply.connectSSE({
          channel: room.channel,
          variant,
          lastEventId,
          clientId: single(request.query.clientId),
          resumeKey: single(request.query.resumeKey),
          // Behind a proxy on this machine everybody has its address: that is no sign of one greedy client.
          address: isLoopback(request.ip) ? undefined : request.ip,
        });
        void connection.closed.then(() => {
          service.release(room, variant);
          service.leave(room);
        });
        service.catchUp(connection, room).catch(() => {
          // The room has been told as an `error` message.
        });
      } catch (error) {
        service.release(room, variant);
        service.leave(room);
        throw error;
      }
    },
  );
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
