import { isRepoId } from '@bnc/github-webhooks';
import type { FastifyInstance } from 'fastify';
import { isLoopback } from '../config.ts';
import { HttpError } from '../http-errors.ts';
import type { IsOperator } from '../operator.ts';
import { type RepositoryAccess, roomOf } from '../repository-access.ts';
import { isStreamFormat, streamFormats } from '../stream-format.ts';
import type { StreamingService } from '../streaming-service.ts';

/** Query of `/stream/:repo`; a parameter given twice arrives as a list. */
type StreamQuery = Readonly<Record<'format' | 'delivery' | 'clientId' | 'resumeKey', string | string[] | undefined>>;

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

/** `GET /stream/:repo`: what a room plays, as Server-Sent Events, for everyone who may listen. */
export const streamRoute = (
  app: FastifyInstance,
  { service, access, isOperator }: { service: StreamingService; access: RepositoryAccess; isOperator: IsOperator },
): void => {
  // The router gives the tail of the path decoded: `owner/repo` and `owner%2Frepo` are the same.
  app.get<{ Params: { '*': string }; Querystring: StreamQuery }>(
    '/stream/*',
    { sse: { kind: 'manual', heartbeat: false } },
    async (request, reply) => {
      const repoId = request.params['*'];
      if (!isRepoId(repoId))
        throw new HttpError(400, 'REPO_ID_INVALID', 'A repository is named owner/repo, as GitHub allows it.');
      const format = single(request.query.format) ?? 'json';
      if (!isStreamFormat(format))
        throw new HttpError(400, 'STREAM_FORMAT_UNKNOWN', `format must be one of ${streamFormats.join(', ')}.`);
      const delivery = single(request.query.delivery) ?? 'inline';
      if (delivery !== 'inline') throw new HttpError(400, 'STREAM_DELIVERY_UNKNOWN', "delivery must be 'inline'.");
      if (!isOperator(request.headers) && !access.isPublic(repoId))
        throw new HttpError(404, 'REPO_NOT_FOUND', 'There is no such repository here.');

      const connection = reply.connectSSE({
        channel: roomOf(repoId),
        variant: format,
        clientId: single(request.query.clientId),
        resumeKey: single(request.query.resumeKey),
        // Behind a proxy on this machine everybody has its address: that is no sign of one greedy client.
        address: isLoopback(request.ip) ? undefined : request.ip,
      });
      service.catchUp(connection, repoId).catch(() => {
        // The room has been told as an `error` message.
      });
    },
  );
};
