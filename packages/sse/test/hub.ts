import { type SSEConnectOptions, SSEError, SSEManager, type SSEManagerOptions } from '../src/index.ts';
import { serve } from './support.ts';

/** A hub on a plain HTTP server; the query says which channel, client, variant and so on. */
export async function startHub(
  options: SSEManagerOptions = {},
  more: (url: URL) => Partial<SSEConnectOptions> = () => ({}),
): Promise<{ manager: SSEManager; port: number }> {
  const manager = new SSEManager(options);
  const { port } = await serve((req, res) => {
    const url = new URL(req.url ?? '/', 'http://x');
    const value = (name: string): string | undefined => url.searchParams.get(name) ?? undefined;
    try {
      manager.connect(req, res, {
        channel: value('channel') ?? 'room',
        clientId: value('clientId'),
        resumeKey: value('resumeKey'),
        lastEventId: value('lastEventId'),
        variant: value('variant'),
        ...more(url),
      });
    } catch (error) {
      if (!(error instanceof SSEError)) throw error;
      if (error.retryAfter !== undefined) res.setHeader('retry-after', error.retryAfter);
      res.writeHead(error.statusCode).end(error.code);
    }
  });
  return { manager, port };
}
