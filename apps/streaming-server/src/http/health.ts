import { createHash } from 'node:crypto';
import type { BusEvents } from '@bnc/contracts';
import type { EventBus } from '@bnc/event-bus';
import type { OfflineRenderer } from '@bnc/offline-renderer';
import type { SSEConnection, SSEManager } from '@bnc/sse';
import type { FastifyInstance } from 'fastify';
import type { StreamingService } from '../delivery/streaming-service.ts';
import type { Access } from '../rooms/access.ts';
import { roomNameInvalid, roomNotFound } from './errors.ts';
import type { IsOperator } from './operator.ts';

/** Who listens, in numbers: `/health` and `/health/repo/:repo`. */
export function healthRoutes(
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
    access: Access;
    isOperator: IsOperator;
    /** Makes hashed client ids differ from server to server. */
    salt: string;
  },
): void {
  const describe = (connection: SSEConnection, open: boolean): Record<string, unknown> => ({
    clientId: open ? connection.clientId : hashed(connection.clientId, salt),
    repoId: service.room(connection.channel)?.name ?? connection.channel,
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
        .filter(({ channel }) => operator || service.room(channel)?.isPublic === true)
        .map((connection) => describe(connection, operator)),
      timestamp: Date.now(),
    };
  });

  app.get<{ Params: { '*': string } }>('/health/repo/*', async (request) => {
    const operator = isOperator(request.headers);
    const asked = request.params['*'];
    if (!access.isRoomName(asked)) throw roomNameInvalid();
    const { channel, name, isPublic } = await access.find(asked);
    if (!operator && !isPublic) throw roomNotFound();
    const connections = sse.connections(channel);
    return {
      repoId: name,
      activeClients: connections.length,
      clients: connections.map((connection) => describe(connection, operator)),
      timestamp: Date.now(),
    };
  });
}

/** Strangers may count clients, never recognise one: the real id would let them follow a listener around. */
function hashed(clientId: string, salt: string): string {
  return createHash('sha256').update(salt).update(clientId).digest('base64url').slice(0, 16);
}
