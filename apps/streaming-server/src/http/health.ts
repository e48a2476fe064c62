import { hash } from 'node:crypto';
import type { StreamingSession } from '@bnc/audio-core';
import type { EventBus } from '@bnc/event-bus';
import type { OfflineRenderer } from '@bnc/offline-renderer';
import type { FastifyInstance } from 'fastify';
import type { StreamingService } from '../delivery/streaming-service.ts';
import type { Access, Door } from '../rooms/access.ts';
import type { ServerEvents } from '../rooms/events.ts';
import { roomNameInvalid, roomNotFound } from './errors.ts';

/** A room of which nothing is known: the operator alone sees who listens to it. */
const closed: Door = { isPublic: false };

/** Who listens, in numbers: `/health` and `/health/repo/:repo`. */
export function healthRoutes(
  app: FastifyInstance,
  {
    bus,
    renderer,
    service,
    access,
    salt,
  }: {
    bus: EventBus<ServerEvents>;
    renderer: OfflineRenderer;
    service: StreamingService;
    access: Access;
    /** Makes hashed client ids differ from server to server. */
    salt: string;
  },
): void {
  const describe = (session: StreamingSession, isOpen: boolean): Record<string, unknown> => ({
    clientId: isOpen ? session.clientId : hashed(session.clientId, salt),
    repoId: service.room(session.repoId)?.name ?? session.repoId,
    connectedAt: session.connectedAt,
    lastActivity: session.lastActivity,
    connectionDuration: Date.now() - session.connectedAt,
  });

  app.get('/health', async (request) => {
    const { visitor } = request;
    const { activeSessions, totalBuffersCreated, memoryUsage, uptime } = service.getHealthMetrics();
    const warnings = await bus.stats().then(
      (stats) => stats.warnings.map(({ code }) => code),
      () => ['BUS_UNAVAILABLE'],
    );
    return {
      status: warnings.length === 0 ? 'healthy' : 'degraded',
      warnings,
      activeClients: activeSessions,
      activeSessions,
      totalBuffersCreated,
      memoryUsage,
      uptime,
      rendered: renderer.stats().rendered,
      clients: [...service.sessions()]
        .filter(({ repoId }) => visitor.mayHear(service.room(repoId) ?? closed))
        .map((session) => describe(session, visitor.isOperator)),
      timestamp: Date.now(),
    };
  });

  app.get<{ Params: { '*': string } }>('/health/repo/*', async (request) => {
    const { visitor } = request;
    const asked = request.params['*'];
    if (!access.isRoomName(asked)) throw roomNameInvalid();
    const place = await access.find(asked);
    if (!visitor.mayHear(place)) throw roomNotFound();
    const { channel, name } = place;
    const sessions = [...service.sessions(channel)];
    return {
      repoId: name,
      activeClients: sessions.length,
      clients: sessions.map((session) => describe(session, visitor.isOperator)),
      timestamp: Date.now(),
    };
  });
}

/** Hides a client id. Strangers may count clients, but not recognise one: the real id would let them track a listener. */
function hashed(clientId: string, salt: string): string {
  return hash('sha256', salt + clientId, 'base64url').slice(0, 16);
}
