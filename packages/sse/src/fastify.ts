import type { OutgoingHttpHeaders } from 'node:http';
import { fastifySSE, type SSERouteOptions } from '@fastify/sse';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { SSEError } from './errors.ts';
import type { SSEConnectOptions } from './options.ts';
import type { SSEConnection } from './sse-connection.ts';
import type { SSEManager } from './sse-manager.ts';

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Hands this request to the manager, which writes to `reply.raw` from now on. For routes with the `sse` option. The
     * headers set on the reply so far go out with the stream.
     * @throws {SSEError} as `SSEManager.connect` does, with `Retry-After` set on the reply where it applies.
     * @throws {TypeError} when the route has no `sse` option, or an option has the wrong type.
     * @throws {RangeError} as `SSEManager.connect` does.
     */
    connectSSE(options: SSEConnectOptions): SSEConnection;
  }

  // As `@fastify/sse` declares it. Named here so that it is known where this module alone is imported.
  interface RouteShorthandOptions {
    sse?: SSERouteOptions;
  }
}

/** Options of {@link sse}. */
export interface SSEPluginOptions<Events extends object> {
  /**
   * The manager that writes the streams. It is closed in `preClose`, so that `app.close()` does not wait for listeners.
   */
  readonly manager: SSEManager<Events>;
}

/**
 * Registers `@fastify/sse`, whose `sse` route option negotiates the type and reads `Last-Event-ID`, and adds
 * `reply.connectSSE()`. Nothing is ever sent through `reply.sse.send()`: it keeps one copy per client and does not
 * settle when a blocked client leaves.
 */
export async function sse<Events extends object>(
  app: FastifyInstance,
  { manager }: SSEPluginOptions<Events>,
): Promise<void> {
  await app.register(fastifySSE, { heartbeatInterval: 0 });
  app.decorateReply('connectSSE', function connectSSE(this: FastifyReply, options: SSEConnectOptions): SSEConnection {
    // Set by the route option, and only when the request's `Accept` passes; the type has it always.
    const context = this.sse as FastifyReply['sse'] | undefined;
    if (!context) {
      const { method, url = '' } = this.request.routeOptions;
      throw new TypeError(
        `reply.connectSSE() needs the route option sse: 'only' or 'manual': ${String(method)} ${url}`,
      );
    }
    try {
      const connection = manager.connect(this.request.raw, this.raw, {
        ...options,
        headers: { ...(this.getHeaders() as OutgoingHttpHeaders), ...options.headers },
      });
      context.keepAlive();
      this.hijack();
      return connection as unknown as SSEConnection;
    } catch (error) {
      if (error instanceof SSEError) this.headers(error.headers);
      throw error;
    }
  });
  app.addHook('preClose', () => manager.close());
}

// What fastify-plugin does: the decorator belongs to the app that registers this, not to a child of it.
Object.assign(sse, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: '@bnc/sse' });
