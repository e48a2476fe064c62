import type { EventBus } from '@bnc/event-bus';
import type { FastifyInstance } from 'fastify';
import type { Sessions } from '../access/sessions.ts';
import type { Tokens } from '../access/tokens.ts';
import type { ClipRecords } from '../clips/clip-records.ts';
import type { StreamingService } from '../delivery/streaming-service.ts';
import type { Access } from '../rooms/access.ts';
import type { ServerEvents } from '../rooms/events.ts';
import { forgetRoom } from '../rooms/forget.ts';
import { type MergedRooms, readMergedRoom } from '../rooms/merged-rooms.ts';
import type { Tables } from '../rooms/tables.ts';
import { backupRoute } from './backups.ts';
import { HttpError, roomNameInvalid, roomNotFound } from './errors.ts';
import { mustBeOperator } from './operator.ts';
import { operatorSchemas as schemas } from './operator-schemas.ts';
import { roomListRoute } from './room-list.ts';
import { roomSettingsRoutes } from './room-settings.ts';
import { tokenRoute } from './tokens.ts';

/** What only the operator may do: tokens, backups, dead letters, rooms and their settings, forgetting a repository. */
export function operatorRoutes(
  app: FastifyInstance,
  {
    bus,
    tables,
    merged,
    access,
    records,
    sessions,
    tokens,
    service,
    backUp,
    isOwnHost,
  }: {
    bus: EventBus<ServerEvents>;
    tables: Tables;
    merged: MergedRooms;
    access: Access;
    records: ClipRecords;
    sessions: Sessions;
    tokens: Tokens;
    service: StreamingService;
    /** Copies the data folder, and returns the path of the copy; undefined with Redis. */
    backUp: (() => Promise<string>) | undefined;
    /** Tells whether a host name is one of this server. */
    isOwnHost(hostname: string): boolean;
  },
): void {
  app.register((operator, _options, done) => {
    operator.addHook('onRequest', async (request, reply) => {
      mustBeOperator(request, reply, isOwnHost);
    });

    tokenRoute(operator, { sessions, tokens });
    backupRoute(operator, { backUp });

    operator.get<{ Querystring: { limit: number; after?: string } }>(
      '/dead-letters',
      { schema: schemas.letters },
      async (request) => {
        const { limit, after } = request.query;
        const letters = await bus.listDeadLetters(after === undefined ? { limit } : { limit, after });
        return { deadLetters: letters.map(({ payload: _payload, ...letter }) => letter) };
      },
    );
    operator.get<{ Params: { id: string } }>('/dead-letters/:id', { schema: schemas.letter }, async (request) => {
      const letter = await bus.readDeadLetter(request.params.id);
      if (!letter) throw letterNotFound();
      return letter;
    });
    operator.post<{ Params: { id: string } }>(
      '/dead-letters/:id/retry',
      { schema: schemas.retry },
      async (request, reply) => {
        if (!(await bus.retryDeadLetter(request.params.id))) throw letterNotFound();
        return reply.code(202).send({ status: 'accepted' });
      },
    );
    operator.delete<{ Params: { id: string } }>(
      '/dead-letters/:id',
      { schema: schemas.deleteLetter },
      async (request, reply) => {
        if (!(await bus.deleteDeadLetter(request.params.id))) throw letterNotFound();
        return reply.code(204).send();
      },
    );

    roomListRoute(operator, { tables, merged, service });
    const putRoom = async (name: string, repositories: readonly string[]): Promise<void> => {
      let room: ReturnType<typeof readMergedRoom>;
      try {
        room = readMergedRoom(name, repositories);
      } catch (error) {
        throw new HttpError(400, 'ROOM_INVALID', `The request ${(error as Error).message}.`);
      }
      if (merged.isFixed(room.name)) {
        throw new HttpError(409, 'ROOM_FIXED', 'The setting ROOMS names this room: change it there.');
      }
      await tables.putMergedRoom(room);
      await merged.load(tables);
      await bus.publish('rooms:changed', { name: room.name }, { key: 'rooms' });
    };
    operator.put<{ Params: { name: string }; Body: { readonly repositories: readonly string[] } }>(
      '/rooms/:name',
      { schema: schemas.putRoom },
      async (request, reply) => {
        await putRoom(request.params.name, request.body.repositories);
        return reply.code(204).send();
      },
    );
    operator.delete<{ Params: { name: string } }>(
      '/rooms/:name',
      { schema: schemas.deleteRoom },
      async (request, reply) => {
        if (!merged.get(request.params.name)) throw new HttpError(404, 'ROOM_NOT_FOUND', 'There is no such room.');
        await putRoom(request.params.name, []);
        return reply.code(204).send();
      },
    );

    roomSettingsRoutes(operator, { bus, tables, access });
    operator.delete<{ Params: { '*': string } }>(
      '/repositories/*',
      { schema: schemas.forget },
      async (request, reply) => {
        const asked = request.params['*'];
        if (!access.isRoomName(asked)) throw roomNameInvalid();
        const place = await access.find(asked);
        if (place.key === undefined) throw roomNotFound();
        await forgetRoom({ bus, tables, records }, asked, place);
        return reply.code(204).send();
      },
    );
    done();
  });
}

function letterNotFound(): HttpError {
  return new HttpError(404, 'DEAD_LETTER_NOT_FOUND', 'There is no such dead letter.');
}
