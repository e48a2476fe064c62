import { once } from 'node:events';
import { createServer, type ServerHttp2Session } from 'node:http2';
import { type AddressInfo, isIPv6 } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** Requests and streams that one connection may carry at a time. */
const maxStreamsPerConnection = 250;
/**
 * Memory of a connection in MB, above which Node refuses new streams: what the hub lets 250 listeners be behind. Node's own
 * limit of 10 MB is reached by a few listeners of decimal JSON.
 */
const maxConnectionMemory = 2000;

declare module 'fastify' {
  interface FastifyInstance {
    http2: {
      /** Returns where HTTP/2 without TLS is served, once the app is ready; undefined if it is not. */
      origin(): string | undefined;
      /** Waits while the app closes until all requests of HTTP/2 have ended, so many ms at most. */
      drained(ms: number): Promise<unknown>;
    };
  }
}

/**
 * Serves everything by HTTP/2 without TLS too, on a port of its own, for a proxy: a connection carries 250 streams, where
 * each stream of HTTP/1.1 takes a file here and a port there. It begins when the app is ready.
 */
export function serveHttp2(
  app: FastifyInstance,
  { host, port }: { readonly host: string; readonly port?: number },
): void {
  const server = createServer(
    { settings: { maxConcurrentStreams: maxStreamsPerConnection }, maxSessionMemory: maxConnectionMemory },
    // Fastify takes both kinds of requests; its types know the one that it was made with.
    (request, response) => app.routing(request as never, response as never),
  );
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    // A connection that breaks ends its streams, and each of those is closed.
    session.on('error', () => {});
  });
  let closed: Promise<unknown> = Promise.resolve();
  const origin = (): string | undefined => {
    const address = server.address() as AddressInfo | null;
    return address
      ? `http://${isIPv6(address.address) ? `[${address.address}]` : address.address}:${address.port}`
      : undefined;
  };
  app.decorate('http2', { origin, drained: (ms) => Promise.race([closed, wait(ms, undefined, { ref: false })]) });
  if (port === undefined) return;
  app.addHook('onReady', async () => {
    server.listen({ host, port });
    await once(server, 'listening');
    server.on('error', (error) => app.log.error({ err: error }, 'HTTP/2 failed'));
  });
  // Fastify's answer to a body that is too large; HTTP/2 has no such header.
  app.addHook('onSend', async ({ raw }, reply) => {
    if (raw.httpVersionMajor === 2) reply.removeHeader('connection');
  });
  app.addHook('preClose', async () => {
    closed = new Promise((resolve) => server.close(resolve));
    // No new streams; a session ends with its last one.
    for (const session of sessions) session.close();
  });
  app.addHook('onClose', async () => {
    for (const session of sessions) session.destroy();
  });
}
