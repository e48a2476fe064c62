import type { OutgoingHttpHeaders } from 'node:http';
import { fastifySSE } from '@fastify/sse';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SSEError } from './errors.ts';
import type { SSEConnectOptions } from './options.ts';
import type { SSEConnection } from './sse-connection.ts';
import type { SSEManager } from './sse-manager.ts';

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Hands this request to the manager, which writes to `reply.raw` from now on. For routes with the `sse` option.
     * The headers set on the reply so far go out with the stream. `lastEventId` comes from the `Last-Event-ID` header, else
     * from the query's `lastEventId`.
     * @throws {SSEError} with `statusCode`, and `Retry-After` set on the reply.
     */
    connectSSE(options: SSEConnectOptions): SSEConnection;
  }
}

/** Options of {@link sse}. */
export interface SSEPluginOptions<Events extends object> {
  /** The manager that writes the streams. It is closed in `preClose`, so that `app.close()` does not wait for listeners. */
  readonly manager: SSEManager<Events>;
}

/**
 * Registers `@fastify/sse`, whose `sse` route option negotiates and reads `Last-Event-ID`, and `reply.connectSSE()`.
 * Nothing is ever sent through `reply.sse.send()`: it keeps one copy per client and does not settle when a blocked client leaves.
 */
export async function sse<Events extends object>(
  app: FastifyInstance,
  { manager }: SSEPluginOptions<Events>,
): Promise<void> {
  await app.register(fastifySSE, { heartbeatInterval: 0 });
  app.decorateReply('connectSSE', function connectSSE(this: FastifyReply, options: SSEConnectOptions): SSEConnection {
    try {
      const connection = manager.connect(this.request.raw, this.raw, {
        lastEventId: this.sse.lastEventId ?? queryId(this.request),
        ...options,
        headers: { ...(this.getHeaders() as OutgoingHttpHeaders), ...options.headers },
      });
      this.sse.keepAlive();
      this.hijack();
      return connection as unknown as SSEConnection;
    } catch (error) {
      if (error instanceof SSEError && error.retryAfter !== undefined) this.header('retry-after', error.retryAfter);
      throw error;
    }
  });
  app.addHook('preClose', () => manager.close());
}

// What fastify-plugin does: the decorator belongs to the app that registers this, not to a child of it.
Object.assign(sse, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: '@bnc/sse' });

function queryId(request: FastifyRequest): string | undefined {
  const { lastEventId } = (request.query ?? {}) as { lastEventId?: unknown };
  return typeof lastEventId === 'string' ? lastEventId : undefined;
}
