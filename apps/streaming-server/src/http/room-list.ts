import type { FastifyInstance } from 'fastify';
import type { StreamingService } from '../delivery/streaming-service.ts';
import { tellsOfPhrase } from '../rooms/compose-phrase.ts';
import type { MergedRooms } from '../rooms/merged-rooms.ts';
import { lower } from '../rooms/names.ts';
import type { Tables } from '../rooms/tables.ts';
import { settingsSchema } from './room-settings.ts';
import { listOf, moment, objectOf, operatorSchema, type Schema, text, wholeNumber } from './schemas.ts';

/** Most repositories in one response. */
const maxLimit = 1000;

/** What the operator sees of each room. */
const facts: Readonly<Record<string, Schema>> = {
  listeners: { type: 'integer', description: 'Streams that listen to it on this server now.' },
  settings: settingsSchema(false),
  newest: objectOf({
    title: text,
    receivedAt: moment('When it was decided.'),
    startAt: moment('When it began to sound; absent while nobody has heard it.'),
  }),
};

const schema = operatorSchema({
  summary: 'List merged rooms, and the repositories that deliveries have named',
  query: {
    limit: wholeNumber('Repositories in the response.', {
      minimum: 1,
      maximum: maxLimit,
      fallback: 100,
      code: 'ROOM_LIMIT_INVALID',
    }),
    after: { type: 'string', maxLength: 200, description: '`next` of the response before.' },
  },
  responses: {
    200: objectOf(
      {
        rooms: listOf(objectOf({ name: text, repositories: listOf(text), isFixed: { type: 'boolean' }, ...facts })),
        repositories: listOf(
          objectOf({
            name: text,
            isPrivate: { type: 'boolean' },
            isRemoved: { type: 'boolean', description: 'Deleted, or its app is uninstalled.' },
            room: { type: 'string', description: 'The merged room in which it is heard.' },
            ...facts,
          }),
        ),
        next: { type: 'string', description: 'Cursor of the next response; absent at the end.' },
      },
      ['rooms', 'repositories'],
    ),
  },
  errors: { 400: ['ROOM_LIMIT_INVALID', 'REQUEST_INVALID'] },
});

/** `GET /rooms`, for the operator: merged rooms, and page by page every repository that deliveries have named. */
export function roomListRoute(
  operator: FastifyInstance,
  { tables, merged, service }: { tables: Tables; merged: MergedRooms; service: Pick<StreamingService, 'sessions'> },
): void {
  const describe = async (key: string, channel: string): Promise<object> => {
    const [settings, [newest]] = await Promise.all([tables.settings(key), tables.phrases(key, { limit: 1 })]);
    return {
      listeners: [...service.sessions(channel)].length,
      settings,
      ...(newest && {
        newest: {
          title: tellsOfPhrase(newest.phrase)?.[0]?.title ?? newest.phrase.activity.title,
          receivedAt: newest.phrase.receivedAt,
          ...(newest.startAt !== undefined && { startAt: newest.startAt }),
        },
      }),
    };
  };
  operator.get<{ Querystring: { limit: number; after?: string } }>('/rooms', { schema }, async ({ query }) => {
    const { limit, after } = query;
    const rooms = merged.list().map(async (room) => ({
      ...room,
      isFixed: merged.isFixed(room.name),
      ...(await describe(room.name, room.name)),
    }));
    const known = await tables.repositories(after === undefined ? { limit } : { limit, after });
    const repositories = known.map(async ({ repoId: name, repositoryId, isPrivate, isRemoved = false }) => {
      const room = merged.of(name);
      return {
        name,
        isPrivate,
        isRemoved,
        ...(room !== undefined && { room }),
        ...(await describe(String(repositoryId), lower(name))),
      };
    });
    const last = known.length === limit ? known.at(-1)?.repoId : undefined;
    return {
      rooms: await Promise.all(rooms),
      repositories: await Promise.all(repositories),
      ...(last !== undefined && { next: lower(last) }),
    };
  });
}
