import type { FastifyInstance } from 'fastify';
import type { StreamingService } from '../delivery/streaming-service.ts';
import { HttpError } from './errors.ts';
import { nothing, objectOf, routeSchema, type Schema } from './schemas.ts';

/** Longest lead in ms that a listener may name; a listener who needs more enters late. */
const maxLeadMs = 60_000;

/** Most late notes in one report. */
const maxLateNotes = 10_000;

/** What a listener reports. */
interface LeadBody {
  readonly resumeKey: string;
  readonly leadMs: number;
  readonly lateNotes?: number;
}

const keyInvalid = ['SESSION_KEY_INVALID', 'resumeKey must be the text from the connected message.'] as const;

const body: Schema = {
  ...objectOf(
    {
      resumeKey: { type: 'string', description: 'From `connected`.', 'x-refusal': keyInvalid },
      leadMs: {
        type: 'number',
        minimum: 0,
        maximum: maxLeadMs,
        description: 'Time in ms from `timestamp` of a message until it is ready to sound.',
        'x-refusal': ['SESSION_LEAD_INVALID', `leadMs must be a number from 0 to ${maxLeadMs}.`],
      },
      lateNotes: {
        type: 'integer',
        minimum: 0,
        maximum: maxLateNotes,
        default: 0,
        description: 'Notes that came late since the last such message.',
        'x-refusal': ['SESSION_LATE_NOTES_INVALID', `lateNotes must be a whole number from 0 to ${maxLateNotes}.`],
      },
    },
    ['resumeKey', 'leadMs'],
  ),
  'x-refusal': keyInvalid,
};

/**
 * `POST /session/:clientId/lead`: a listener of scores says how long before its start it needs a phrase, and how many
 * notes came late since it last said so.
 */
export function sessionRoutes(
  app: FastifyInstance,
  { service, onLate }: { service: StreamingService; onLate(notes: number): void },
): void {
  app.post<{ Params: { clientId: string }; Body: LeadBody }>(
    '/session/:clientId/lead',
    {
      bodyLimit: 1024,
      schema: routeSchema({
        summary: 'Say how long before its start a listener of scores needs a phrase',
        tag: 'Listen',
        params: { clientId: { type: 'string' } },
        body,
        responses: { 204: nothing },
        errors: {
          400: ['SESSION_KEY_INVALID', 'SESSION_LATE_NOTES_INVALID', 'SESSION_LEAD_INVALID'],
          404: ['SESSION_NOT_FOUND'],
        },
      }),
    },
    async (request, reply) => {
      const { resumeKey, leadMs, lateNotes = 0 } = request.body;
      const isKnown = await service.need(request.params.clientId, resumeKey, leadMs);
      if (!isKnown) {
        throw new HttpError(
          404,
          'SESSION_NOT_FOUND',
          'No open stream of scores here has this client id and resume key.',
        );
      }
      onLate(lateNotes);
      return reply.code(204).send();
    },
  );
}
