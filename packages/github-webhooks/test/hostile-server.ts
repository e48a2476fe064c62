import Fastify from 'fastify';
import { githubWebhooks } from '../src/fastify.ts';
import { GitHubWebhookReceiver } from '../src/index.ts';
import { webhookSecret } from './secret.ts';

/** What the server in the child process reports about itself. */
export interface ServerReport {
  readonly port: number;
  readonly rss: number;
  readonly alive: number;
  readonly cpuMs: number;
  readonly polluted: boolean;
  readonly published: number;
  readonly unverifiedBytes: number;
}

let published = 0;
const receiver = new GitHubWebhookReceiver({
  secrets: [webhookSecret],
  bodyTimeoutMs: Number(process.env.BODY_TIMEOUT_MS ?? 10_000),
  publish: async () => {
    published++;
    return { duplicate: false };
  },
});
const app = Fastify({ forceCloseConnections: true, http: { headersTimeout: 2000, connectionsCheckingInterval: 200 } });
app.register(githubWebhooks, { receiver });
const port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port);

function report(): ServerReport {
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    port,
    rss,
    alive: heapUsed + external,
    cpuMs: (user + system) / 1000,
    polluted: 'polluted' in {},
    published,
    unverifiedBytes: receiver.stats().unverifiedBytes,
  };
}

process.on('message', (wish) => {
  if (wish === 'collect') globalThis.gc?.();
  process.send?.(report());
});
process.on('disconnect', () => process.exit());
process.send?.(report());
