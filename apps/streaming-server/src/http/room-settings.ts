import type { EventBus } from '@bnc/event-bus';
import { checkSettings, type RoomSettings, themes } from '@bnc/music-engine';
import type { FastifyInstance } from 'fastify';
import type { Access } from '../rooms/access.ts';
import type { ServerEvents } from '../rooms/events.ts';
import type { Tables } from '../rooms/tables.ts';
import { HttpError, roomNameInvalid, roomNotFound } from './errors.ts';
import { objectOf, operatorSchema, type Schema, tailParams, text } from './schemas.ts';

/** Which happenings a room plays. */
const heard = ['everything', 'important', 'failures'] as const satisfies readonly RoomSettings['heard'][];

/** Two whole numbers, the slower one first. */
const tempo = { items: { type: 'integer', minimum: 40, maximum: 200 }, minItems: 2, maxItems: 2 } as const;

const timeOfDay = { type: 'string', pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' } as const;

const quietHours = {
  required: ['from', 'to'],
  properties: {
    from: timeOfDay,
    to: timeOfDay,
    timeZone: { type: 'string', default: 'UTC', description: 'Its IANA name, such as Europe/Berlin.' },
  },
} as const;

/** Returns the schema of a room's settings; in changes, `null` restores a default. */
export function settingsSchema(isChange: boolean): Schema {
  const or = isChange ? ['null'] : [];
  const none = isChange ? [null] : [];
  const refuse = (message: string): Schema => (isChange ? { 'x-refusal': ['ROOM_SETTINGS_INVALID', message] } : {});
  return {
    type: 'object',
    additionalProperties: false,
    description: isChange ? 'The settings that change; `null` restores a default.' : 'What is chosen.',
    properties: {
      theme: {
        type: ['string', ...or],
        enum: [...themes, ...none],
        ...refuse(`theme must be one of ${themes.join(', ')}, not {value}.`),
      },
      bed: { type: ['boolean', ...or], ...refuse('bed must be true or false, not {value}.') },
      tempo: {
        type: ['array', ...or],
        ...tempo,
        ...refuse('tempo must be two whole numbers of 40 to 200, the slower one first, not {value}.'),
      },
      quietHours: {
        type: ['object', ...or],
        ...quietHours,
        ...refuse(
          'quietHours must have from and to, times of day such as 22:00, and may have a timeZone such as Europe/Berlin.',
        ),
      },
      heard: {
        type: ['string', ...or],
        enum: [...heard, ...none],
        ...refuse(`heard must be one of ${heard.join(', ')}, not {value}.`),
      },
    },
    ...refuse(
      'Send the settings that change, such as {"theme":"lofi"}; they are theme, bed, tempo, quietHours and heard.',
    ),
  };
}

/** The settings that change; `null` restores a default. */
type SettingsBody = { readonly [Name in keyof RoomSettings]: RoomSettings[Name] | null };

/**
 * `GET` and `POST /rooms/:repo`, for the operator: what a room plays and how. `POST` takes the settings that are to
 * change; `null` restores a default. They take effect with the next phrase.
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
    responses: { 200: objectOf({ repoId: text, settings: settingsSchema(false) }) },
    errors: { 400: ['REPO_ID_INVALID', 'ROOM_SETTINGS_INVALID'], 404: ['REPO_NOT_FOUND'] },
  };
  const read = operatorSchema({ ...facts, summary: 'Read what a room plays and how' });
  const change = operatorSchema({
    ...facts,
    summary: 'Change what a room plays and how',
    body: settingsSchema(true),
  });
  app.get<{ Params: { '*': string } }>('/rooms/*', { schema: read }, async (request) => {
    const { key, name } = await find(request.params['*']);
    return { repoId: name, settings: await tables.settings(key) };
  });
  app.post<{ Params: { '*': string }; Body: SettingsBody }>('/rooms/*', { schema: change }, async (request) => {
    const { key, name } = await find(request.params['*']);
    const settings = merge(await tables.settings(key), request.body);
    await tables.putSettings(key, settings);
    await bus.publish('room:settings', { settings }, { key });
    return { repoId: name, settings };
  });
}

function merge(before: RoomSettings, changes: SettingsBody): RoomSettings {
  const all = Object.entries({ ...before, ...changes }).filter(([, value]) => value !== null);
  try {
    return checkSettings(Object.fromEntries(all));
  } catch (error) {
    throw new HttpError(400, 'ROOM_SETTINGS_INVALID', `${(error as Error).message}.`);
  }
}
