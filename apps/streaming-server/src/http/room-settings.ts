import type { EventBus } from '@bnc/event-bus';
import { checkSettings, type RoomSettings } from '@bnc/music-engine';
import type { FastifyInstance } from 'fastify';
import type { Access } from '../rooms/access.ts';
import type { ServerEvents } from '../rooms/events.ts';
import type { Tables } from '../rooms/tables.ts';
import { HttpError, roomNameInvalid, roomNotFound } from './errors.ts';
import { anyBody, anyObject, objectOf, operatorSchema, tailParams, text } from './schemas.ts';

/**
 * `GET` and `POST /rooms/:repo`, for the operator: what a room plays and how. `POST` takes the settings that are to change;
 * `null` brings a default back. They take effect with the next phrase.
 */
export function roomSettingsRoutes(
  app: FastifyInstance,
  { bus, tables, access }: { bus: EventBus<ServerEvents>; tables: Tables; access: Access },
): void {
  const find = async (asked: string): Promise<{ readonly key: string; readonly name: string }> => {
    if (!access.isRoomName(asked)) throw roomNameInvalid();
    const { key, name } = await access.find(asked);
    if (key === undefined) throw roomNotFound();
    return { key, name };
  };
  const facts = {
    params: tailParams,
    responses: { 200: objectOf({ repoId: text, settings: anyObject('What is chosen.') }) },
    errors: { 400: ['REPO_ID_INVALID', 'ROOM_SETTINGS_INVALID'], 404: ['REPO_NOT_FOUND'] },
  };
  const read = operatorSchema({ ...facts, summary: 'Read what a room plays and how' });
  const change = operatorSchema({
    ...facts,
    summary: 'Change what a room plays and how',
    body: anyBody('The settings that change; `null` brings a default back.'),
  });
  app.get<{ Params: { '*': string } }>('/rooms/*', { schema: read }, async (request) => {
    const { key, name } = await find(request.params['*']);
    return { repoId: name, settings: await tables.settings(key) };
  });
  app.post<{ Params: { '*': string }; Body: unknown }>('/rooms/*', { schema: change }, async (request) => {
    const { key, name } = await find(request.params['*']);
    const settings = merge(await tables.settings(key), request.body);
    await tables.putSettings(key, settings);
    await bus.publish('room:settings', { settings }, { key });
    return { repoId: name, settings };
  });
}

function merge(before: RoomSettings, changes: unknown): RoomSettings {
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes)) {
    throw invalid('Send the settings that change, such as {"theme":"lofi"}.');
  }
  const all = Object.entries({ ...before, ...changes }).filter(([, value]) => value !== null);
  try {
    return checkSettings(Object.fromEntries(all));
  } catch (error) {
    throw invalid(`${(error as Error).message}.`);
  }
}

function invalid(message: string): HttpError {
  return new HttpError(400, 'ROOM_SETTINGS_INVALID', message);
}
