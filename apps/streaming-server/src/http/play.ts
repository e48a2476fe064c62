import type { MusicalParameters } from '@bnc/contracts';
import type { EventBus } from '@bnc/event-bus';
import { compose } from '@bnc/music-engine';
import { validateScore } from '@bnc/offline-renderer';
import type { FastifyInstance, RouteShorthandOptions } from 'fastify';
import type { Demo } from '../demo/demo.ts';
import { demoRepoId, demoRepositoryId, type SceneName, sceneNames } from '../demo/scenes.ts';
import type { Access } from '../rooms/access.ts';
import type { ServerEvents } from '../rooms/events.ts';
import { lower } from '../rooms/names.ts';
import { HttpError, roomNotFound } from './errors.ts';
import { mustBeOperator } from './operator.ts';
import { askedRoom, enterRoom, type RoomParams, roomPaths } from './room-paths.ts';
import { objectOf, roomRoute, type Schema } from './schemas.ts';

/** Longest test phrase, in seconds. */
const maxSeconds = 30;

/** What is played by default. */
const usual: MusicalParameters = {
  tempo: 96,
  scale: ['C4', 'D4', 'E4', 'G4', 'A4'],
  instrumentType: 'synth',
  duration: 5,
  bars: 2,
  emotion: 'resolution',
};

/**
 * Everyone may press the keys of the demo, but nobody may crowd out the others: 30 requests of a client in a minute.
 */
const playLimit: RouteShorthandOptions = { config: { rateLimit: { max: 30, timeWindow: 60_000, allowList: [] } } };

/** What `playRoutes` works with. */
export interface PlayOptions {
  readonly bus: EventBus<ServerEvents>;
  readonly access: Access;
  /** Undefined if there is no demo. */
  readonly demo: Demo | undefined;
  isOwnHost(hostname: string): boolean;
}

/** A short text; whether it means something is for the composer to say. */
const word: Schema = { type: 'string', maxLength: 24 };
const share: Schema = { type: 'number', minimum: 0, maximum: 1 };
const words: Schema = { type: 'array', items: word, maxItems: 256 };

/** What may be played: every parameter of the music except words for people, which all listeners would read. */
const testSchema: Schema = {
  type: ['object', 'null'],
  description: 'Musical parameters in place of the usual ones.',
  additionalProperties: false,
  properties: {
    tempo: { type: 'number', minimum: 40, maximum: 200, description: 'Beats a minute.' },
    duration: { type: 'number', minimum: 0.1, maximum: maxSeconds, description: 'Seconds.' },
    scale: { type: 'array', items: word, minItems: 1, maxItems: 64, description: 'Notes such as C4.' },
    instrumentType: { type: 'string', enum: ['synth', 'fmSynth', 'polySynth', 'sampler'] },
    ...Object.fromEntries(
      ['rootNote', 'lead', 'tonic', 'mode', 'emotion', 'gesture', 'theme', 'sign', 'cadence'].map((name) => [
        name,
        word,
      ]),
    ),
    pattern: {
      type: 'object',
      additionalProperties: false,
      required: ['notes', 'durations', 'times', 'velocities'],
      properties: {
        notes: words,
        durations: words,
        times: words,
        velocities: { type: 'array', items: share, maxItems: 256 },
      },
    },
    prngSeed: { type: 'integer' },
    bars: { type: 'integer', minimum: 0, maximum: 4 },
    density: share,
    intensity: share,
    motif: { type: 'array', items: { type: 'integer', minimum: -14, maximum: 14 }, maxItems: 16 },
    cats: {
      type: 'array',
      items: { type: 'string', enum: ['purr', 'meow', 'chirp', 'trill', 'mrrp', 'hiss'] },
      maxItems: 6,
    },
    upbeat: { type: 'number', minimum: 0, maximum: maxSeconds },
    chords: words,
    signature: { type: 'integer', minimum: 0, maximum: 71 },
    loudness: { type: 'number', minimum: -60, maximum: -5 },
  },
  'x-refusal': [
    'TEST_INVALID',
    `Send musical parameters such as {"tempo":96,"duration":5,"instrumentType":"synth","scale":["C4","E4","G4"]}; tempo is 40 to 200, duration up to ${maxSeconds} s.`,
  ],
};

/**
 * `POST /stream/:repo/test` plays a test phrase; `POST /stream/:repo/try/:happening` makes something happen in the demo
 * room.
 */
export function playRoutes(app: FastifyInstance, { bus, access, demo, isOwnHost }: PlayOptions): void {
  const isDemo = (asked: string): boolean => demo !== undefined && lower(asked) === lower(demoRepoId);

  const test = {
    ...playLimit,
    schema: roomRoute({
      summary: 'Play a test phrase',
      tag: 'Demo',
      description: 'For the operator; in the demo room for everyone.',
      body: testSchema,
      responses: { 202: objectOf({ phraseId: { type: 'string' } }) },
      errors: {
        400: ['REPO_ID_INVALID', 'TEST_INVALID'],
        401: ['OPERATOR_ONLY'],
        421: ['HOST_NOT_ALLOWED'],
        429: ['RATE_LIMITED', 'TOO_MANY_GUESSES'],
      },
    }),
  };
  for (const path of roomPaths('/stream', '/test')) {
    app.post<{ Params: RoomParams; Body: unknown }>(path, test, async (request, reply) => {
      const asked = askedRoom(request.params);
      if (!isDemo(asked)) mustBeOperator(request, reply, isOwnHost);
      const place = await enterRoom(access, request, asked);
      const key = isDemo(asked) ? String(demoRepositoryId) : place.key;
      if (key === undefined) throw roomNotFound();
      const payload = {
        params: paramsOf(request.body),
        repoId: place.name,
        repositoryId: /^\d+$/.test(key) ? Number(key) : 0,
      };
      const { id } = await bus.publish('room:test', payload, { key });
      return reply.code(202).header('cache-control', 'no-store').send({ phraseId: id });
    });
  }

  const tried = {
    ...playLimit,
    schema: roomRoute({
      summary: 'Make something happen in the demo room',
      tag: 'Demo',
      params: { happening: { type: 'string', enum: sceneNames, 'x-refusal': unknownScene } },
      responses: { 202: objectOf({ deliveryId: { type: 'string' }, happening: { type: 'string' } }) },
      errors: { 400: ['REPO_ID_INVALID', 'TRY_UNKNOWN'], 404: ['TRY_ONLY_IN_DEMO'], 429: ['RATE_LIMITED'] },
    }),
  };
  for (const path of roomPaths('/stream', '/try/:happening')) {
    app.post<{ Params: RoomParams & { readonly happening: SceneName } }>(path, tried, async ({ params }, reply) => {
      if (!demo || !isDemo(askedRoom(params))) {
        throw new HttpError(404, 'TRY_ONLY_IN_DEMO', `Only the room ${demoRepoId} can be tried, where the demo is on.`);
      }
      const { happening } = params;
      const deliveryId = await demo.play(happening);
      return reply.code(202).header('cache-control', 'no-store').send({ deliveryId, happening });
    });
  }
}

const unknownScene = ['TRY_UNKNOWN', `happening must be one of ${sceneNames.join(', ')}.`] as const;

/** Reads what is to be played. @throws {HttpError} `TEST_INVALID` for what cannot be played. */
function paramsOf(body: unknown): MusicalParameters {
  const params = { ...usual, ...(body as Partial<MusicalParameters> | null) };
  try {
    validateScore(compose(params), { maxDuration: maxSeconds, maxNotes: 2000 });
    return params;
  } catch (error) {
    throw new HttpError(400, 'TEST_INVALID', (error as Error).message.slice(0, 300));
  }
}
