import { hash } from 'node:crypto';
import type { StreamingSession } from '@bnc/audio-core';
import type { OfflineRenderer } from '@bnc/offline-renderer';
import type { FastifyInstance, FastifySchema } from 'fastify';
import type { StreamingService } from '../delivery/streaming-service.ts';
import type { Access, Door } from '../rooms/access.ts';
import type { StoreWatch } from '../watch/store-watch.ts';
import { HttpError, roomNameInvalid, roomNotFound, storeUnavailable } from './errors.ts';
import { objectOf, type RouteFacts, routeSchema } from './schemas.ts';

/** A room about which nothing is known: only the operator sees who listens to it. */
const closed: Door = { isPublic: false };

/** Who listens, in numbers: `/health` and `/health/repo/:repo`; and what an orchestrator asks: `/livez`, `/readyz`. */
export function healthRoutes(
  app: FastifyInstance,
  {
    store,
    renderer,
    service,
    access,
    isLeaving,
    salt,
  }: {
    store: StoreWatch;
    renderer: OfflineRenderer;
    service: StreamingService;
    access: Access;
    /** Tells whether the server is about to stop. */
    isLeaving(): boolean;
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

  app.get(
    '/livez',
    { schema: stateSchema('Returns 200 while the process responds', 'alive') },
    async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'alive' }),
  );

  const readySchema = stateSchema('Returns 200 while the server takes deliveries and listeners', 'ready', {
    503: ['SERVER_STOPPING', 'STORE_UNAVAILABLE', 'SERVER_BUSY'],
  });
  app.get('/readyz', { schema: readySchema }, async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    if (isLeaving()) throw new HttpError(503, 'SERVER_STOPPING', 'The server is about to stop.');
    if (!(await store.stats())) throw storeUnavailable();
    return { status: 'ready' };
  });

  app.get('/health', async (request) => {
    const { visitor } = request;
    const { activeSessions, totalBuffersCreated, memoryUsage, uptime } = service.getHealthMetrics();
    const warnings = (await store.stats())?.warnings.map(({ code }) => code) ?? ['BUS_UNAVAILABLE'];
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

function stateSchema(summary: string, status: string, errors: RouteFacts['errors'] = {}): FastifySchema {
  const responses = { 200: objectOf({ status: { type: 'string', enum: [status] } }, ['status']) };
  return routeSchema({ summary, tag: 'Server', responses, errors });
}

/**
 * Hides a client id. Strangers may count clients, but not recognise one: the real id would let them track a listener.
 */
function hashed(clientId: string, salt: string): string {
  return hash('sha256', salt + clientId, 'base64url').slice(0, 16);
}
