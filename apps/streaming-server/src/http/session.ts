import type { FastifyInstance } from 'fastify';
import type { StreamingService } from '../delivery/streaming-service.ts';
import { HttpError } from './errors.ts';
import { anyBody, nothing, routeSchema } from './schemas.ts';

/** Longest lead in ms that a listener may name: who needs more enters late. */
const maxLeadMs = 60_000;

/** Most late notes in one report. */
const maxLateNotes = 10_000;

/**
 * `POST /session/:clientId/lead`: a listener of scores says how long before its start it needs a phrase, and how many notes
 * came late since it said so last.
 */
export function sessionRoutes(
  app: FastifyInstance,
  { service, onLate }: { service: StreamingService; onLate(notes: number): void },
): void {
  app.post<{ Params: { clientId: string }; Body: unknown }>(
    '/session/:clientId/lead',
    {
      bodyLimit: 1024,
      schema: routeSchema({
        summary: 'Say how long before its start a listener of scores needs a phrase',
        tag: 'Listen',
        params: { clientId: { type: 'string' } },
        body: anyBody('`resumeKey`, from `connected`, `leadMs`, and where notes came late `lateNotes`.'),
        responses: { 204: nothing },
        errors: {
          400: ['SESSION_KEY_INVALID', 'SESSION_LATE_NOTES_INVALID', 'SESSION_LEAD_INVALID'],
          404: ['SESSION_NOT_FOUND'],
        },
      }),
    },
    async (request, reply) => {
      const { resumeKey, leadMs, lateNotes = 0 } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
      if (typeof resumeKey !== 'string') {
        throw new HttpError(400, 'SESSION_KEY_INVALID', 'resumeKey must be the text from the connected message.');
      }
      if (typeof leadMs !== 'number' || !(leadMs >= 0 && leadMs <= maxLeadMs)) {
        throw new HttpError(400, 'SESSION_LEAD_INVALID', `leadMs must be a number from 0 to ${maxLeadMs}.`);
      }
      if (typeof lateNotes !== 'number' || !Number.isInteger(lateNotes) || lateNotes < 0 || lateNotes > maxLateNotes) {
        throw new HttpError(
          400,
          'SESSION_LATE_NOTES_INVALID',
          `lateNotes must be a whole number from 0 to ${maxLateNotes}.`,
        );
      }
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
