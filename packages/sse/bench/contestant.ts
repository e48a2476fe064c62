/**
 * One server under measurement, in a process of its own: `node contestant.ts <name>`. It answers `GET /sub` with a stream
 * and hands the body of `POST /pub` to everyone. `GET /usage` tells CPU and memory.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SSEManager } from '@bnc/sse';
import { fastifySSE } from '@fastify/sse';
import { createChannel, createSession, type Session } from 'better-sse';
import Fastify from 'fastify';

type Handler = (req: IncomingMessage, res: ServerResponse) => void;

async function read(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function usage(): string {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  return JSON.stringify({
    cpuMicros: user + system,
    rss: process.memoryUsage.rss(),
    peakKiB: process.resourceUsage().maxRSS,
  });
}

const head = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' };

function listening(port: number): void {
  process.send?.({ port });
}

function plain(
  subscribe: Handler,
  publish: (body: string) => void,
  drain: () => Promise<void> = () => Promise.resolve(),
): void {
  const server = createServer((req, res) => {
    if (req.url === '/sub') return subscribe(req, res);
    if (req.url === '/drain') {
      const start = performance.now();
      void drain().then(() => res.end(String(performance.now() - start)));
      return;
    }
    if (req.url === '/usage') return void res.end(usage());
    void read(req).then((body) => {
      res.end();
      publish(body);
    });
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 8192 }, () => listening((server.address() as AddressInfo).port));
}

const contestants: Record<string, () => void | Promise<void>> = {
  /** Everything on: ids, history, heartbeats, limits, slow-client policy, counters, hooks. */
  '@bnc/sse': () => {
    const manager = new SSEManager({
      slow: 'latest',
      limits: { maxConnections: 20_000, maxPerChannel: 20_000, maxPerAddress: 20_000 },
      connected: ({ clientId, resumed }) => ({ data: { clientId, resumed } }),
      heartbeat: () => ({ data: { type: 'heartbeat' } }),
      onConnect: () => {},
      onDisconnect: () => {},
    });
    plain(
      (req, res) => void manager.connect(req, res, { channel: 'room', address: req.socket.remoteAddress }),
      (body) => void manager.broadcast('room', { data: body }),
      () => manager.close({ timeoutMs: 30_000 }),
    );
  },
  'node:http': () => {
    const all = new Set<ServerResponse>();
    plain(
      (req, res) => {
        res.writeHead(200, head);
        res.write(':\n\n');
        all.add(res);
        req.on('close', () => all.delete(res));
      },
      (body) => {
        const frame = Buffer.from(`data: ${body}\n\n`);
        for (const res of all) res.write(frame);
      },
    );
  },
  'better-sse': () => {
    const channel = createChannel();
    plain(
      (req, res) => {
        void createSession(req, res).then((session: Session) => channel.register(session));
      },
      (body) => void channel.broadcast(body),
    );
  },
  '@fastify/sse send()': async () => {
    const app = Fastify({ bodyLimit: 2 ** 25 });
    await app.register(fastifySSE);
    const all = new Set<{ send(message: { data: string }): Promise<void> }>();
    app.get('/sub', { sse: true }, async (_request, reply) => {
      const { sse } = reply;
      sse.keepAlive();
      await sse.send({ data: 'hello' });
      all.add(sse);
      sse.onClose(() => all.delete(sse));
    });
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    app.get('/usage', () => usage());
    app.post('/pub', (request, reply) => {
      const data = String(request.body);
      for (const sse of all) sse.send({ data }).catch(() => {});
      reply.send('');
    });
    await app.listen({ port: 0, host: '127.0.0.1', backlog: 8192 });
    listening((app.server.address() as AddressInfo).port);
  },
};

await contestants[process.argv[2] ?? '']?.();
process.on('disconnect', () => process.exit());
