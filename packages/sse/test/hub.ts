import { SSEError, SSEManager, type SSEManagerOptions, type SSEStreamOptions } from '../src/index.ts';
import { serve } from './support.ts';

/** A hub on a plain HTTP server; the query says which channel (or `channels`, with commas), client, variant and so on. */
export async function startHub(
  options: SSEManagerOptions = {},
  more: (url: URL) => SSEStreamOptions = () => ({}),
): Promise<{ manager: SSEManager; port: number }> {
  const manager = new SSEManager(options);
  const { port } = await serve((req, res) => {
    const url = new URL(req.url ?? '/', 'http://x');
    const value = (name: string): string | undefined => url.searchParams.get(name) ?? undefined;
    try {
      const channels = value('channels')?.split(',');
      manager.connect(req, res, {
        ...(channels ? { channels } : { channel: value('channel') ?? 'room' }),
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
