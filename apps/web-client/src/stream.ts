import type { StreamMessage } from '@bnc/contracts';
import { SSEClient, type SSEClientMessage } from '@bnc/sse/client';

/** The state of the connection, as the page shows it. */
export type ConnectionState = 'connecting' | 'live' | 'lost' | 'refused';

/** Callbacks of a stream. */
export interface StreamHandlers {
  onMessage(message: StreamMessage): void;
  onState(state: ConnectionState, detail?: string): void;
}

/**
 * Listens to a room until `signal` aborts, and reconnects for as long as that takes. The tabs of a room share one
 * connection, because a browser has only six per origin, and clips need one too. A tab that is opened later receives the
 * newest phrase.
 */
export function openStream(repoId: string, { onMessage, onState }: StreamHandlers, signal: AbortSignal): void {
  const url = `/stream/${repoId}?delivery=url&format=flac`;
  let wasLive = false;
  onState('connecting');
  const client = new SSEClient(url, {
    share: url.toLowerCase(),
    minRetryMs: 500,
    keep: (message) => {
      const { type } = parse(message);
      return type === 'connected' || type === 'audio_buffer' ? type : undefined;
    },
    onMessage: (message) => onMessage(parse(message)),
    onState: (state) => {
      const isLive = state === 'open' || state === 'following';
      wasLive ||= isLive;
      if (!signal.aborted) onState(isLive ? 'live' : wasLive ? 'lost' : 'connecting');
    },
    onRefused: () => {
      void explainRefusal(url).then((reason) => {
        if (!signal.aborted && client.state === 'connecting') onState(reason ? 'refused' : 'lost', reason);
      });
    },
  });
  signal.addEventListener('abort', () => client.close());
}

/** Asks the server why it refuses, because EventSource does not expose the reason. */
async function explainRefusal(url: string): Promise<string> {
  const abort = new AbortController();
  try {
    const answer = await fetch(url, { headers: { accept: 'text/event-stream' }, signal: abort.signal });
    if (answer.ok) return '';
    return ((await answer.json()) as { message?: string }).message ?? '';
  } catch {
    return '';
  } finally {
    abort.abort();
  }
}

function parse({ data }: SSEClientMessage): StreamMessage {
  return JSON.parse(data) as StreamMessage;
}
