import { isRepoId } from '@bnc/github-webhooks';
import type { FastifyInstance } from 'fastify';
import { isLoopback } from '../config.ts';
import { HttpError } from '../http-errors.ts';
import type { IsOperator } from '../operator.ts';
import { type RepositoryAccess, roomOf } from '../repository-access.ts';
import { readForm, variantOf } from '../stream-format.ts';
import type { StreamingService } from '../streaming-service.ts';

/** Query of `/stream/:repo`; a parameter given twice arrives as a list. */
type StreamQuery = Readonly<
  Record<'format' | 'delivery' | 'clientId' | 'resumeKey' | 'lastEventId', string | string[] | undefined>
>;

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
      const asked = request.params['*'];
      if (!isRepoId(asked))
        throw new HttpError(400, 'REPO_ID_INVALID', 'A repository is named owner/repo, as GitHub allows it.');
      // An old name leads to the repository that had it.
      const repoId = access.spelling(asked);
      const variant = variantOf(readForm(single(request.query.format), single(request.query.delivery)));
      const mayListen = (): void => {
        if (!isOperator(request.headers) && !access.isPublic(repoId))
          throw new HttpError(404, 'REPO_NOT_FOUND', 'There is no such repository here.');
      };
      mayListen();
      const lastEventId = single(request.headers['last-event-id'] ?? request.query.lastEventId);
      if (lastEventId) {
        await service.prepare(repoId, variant, lastEventId);
        // It may have turned private meanwhile.
        mayListen();
      }

      const connection = reply.connectSSE({
        channel: roomOf(repoId),
        variant,
        lastEventId,
        clientId: single(request.query.clientId),
        resumeKey: single(request.query.resumeKey),
        // Behind a proxy on this machine everybody has its address: that is no sign of one greedy client.
        address: isLoopback(request.ip) ? undefined : request.ip,
      });
      void connection.closed.then(() => service.release(connection));
      service.catchUp(connection, repoId).catch(() => {
        // The room has been told as an `error` message.
      });
    },
  );
};
