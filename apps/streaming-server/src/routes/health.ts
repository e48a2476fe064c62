import { createHash } from 'node:crypto';
import type { BusEvents } from '@bnc/contracts';
import type { EventBus } from '@bnc/event-bus';
import { isRepoId } from '@bnc/github-webhooks';
import type { OfflineRenderer } from '@bnc/offline-renderer';
import type { SSEConnection, SSEManager } from '@bnc/sse';
import type { FastifyInstance } from 'fastify';
import { HttpError } from '../http-errors.ts';
import type { IsOperator } from '../operator.ts';
import { type RepositoryAccess, roomOf } from '../repository-access.ts';
import type { StreamingService } from '../streaming-service.ts';

/** Strangers may count clients, never recognise one: the real id would let them follow a listener around. */
const hashed = (clientId: string, salt: string): string =>
  createHash('sha256').update(salt).update(clientId).digest('base64url').slice(0, 16);

/** Who listens, in numbers: `/health` and `/health/repo/:repo`. */
export const healthRoutes = (
  app: FastifyInstance,
  {
    bus,
    renderer,
    service,
    sse,
    access,
    isOperator,
    salt,
  }: {
    bus: EventBus<BusEvents>;
    renderer: OfflineRenderer;
    service: StreamingService;
    sse: SSEManager;
    access: RepositoryAccess;
    isOperator: IsOperator;
    /** Makes hashed client ids differ from server to server. */
    salt: string;
  },
): void => {
  const describe = (connection: SSEConnection, open: boolean): Record<string, unknown> => ({
    clientId: open ? connection.clientId : hashed(connection.clientId, salt),
    repoId: access.spelling(connection.channel),
    connectedAt: connection.connectedAt,
    lastActivity: connection.lastActivity,
    connectionDuration: Date.now() - connection.connectedAt,
  });

  app.get('/health', async (request) => {
    const operator = isOperator(request.headers);
    const { activeSessions, totalBuffersCreated, memoryUsage, uptime } = service.getHealthMetrics();
    const connections = sse.connections();
    const warnings = await bus.stats().then(
      (stats) => stats.warnings.map(({ code }) => code),
      () => ['BUS_UNAVAILABLE'],
    );
    return {
      status: warnings.length === 0 ? 'healthy' : 'degraded',
      warnings,
      activeClients: connections.length,
      activeSessions,
      totalBuffersCreated,
      memoryUsage,
      uptime,
      rendered: renderer.stats().rendered,
      clients: connections
        .filter(({ channel }) => operator || access.isPublic(channel))
        .map((connection) => describe(connection, operator)),
      timestamp: Date.now(),
    };
  });

  app.get<{ Params: { '*': string } }>('/health/repo/*', (request) => {
    const repoId = request.params['*'];
    const operator = isOperator(request.headers);
    if (!isRepoId(repoId))
      throw new HttpError(400, 'REPO_ID_INVALID', 'A repository is named owner/repo, as GitHub allows it.');
    if (!operator && !access.isPublic(repoId))
      throw new HttpError(404, 'REPO_NOT_FOUND', 'There is no such repository here.');
    const connections = sse.connections(roomOf(access.spelling(repoId)));
    return {
      repoId: access.spelling(repoId),
      activeClients: connections.length,
      clients: connections.map((connection) => describe(connection, operator)),
      timestamp: Date.now(),
    };
  });
};
