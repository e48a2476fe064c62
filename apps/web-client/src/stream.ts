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
  let wasLive = false;
  onState('connecting');
  const client = new SSEClient(`/stream/${repoId.toLowerCase()}?delivery=url&format=flac`, {
    share: 'room',
    signal,
    minRetryMs: 500,
    // A room that is not there, or not for everyone, may come. A name that is wrong stays wrong.
    retryOn: ({ status }) => status !== 400,
    keep: (message) => {
      const { type } = parse(message);
      return type === 'connected' || type === 'audio_buffer' ? type : undefined;
    },
    onMessage: (message) => onMessage(parse(message)),
    onState: (state) => {
      if (state === 'closed') return;
      const isLive = state !== 'connecting';
      wasLive ||= isLive;
      onState(isLive ? 'live' : wasLive ? 'lost' : 'connecting');
    },
    onRefused: ({ body }) => {
      const reason = reasonIn(body);
      if (client.state === 'connecting') onState(reason ? 'refused' : 'lost', reason);
    },
  });
}

/** The sentence for people in the body of a refusal; '' when there is none. */
function reasonIn(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? '';
  } catch {
    return '';
  }
}

function parse({ data }: SSEClientMessage): StreamMessage {
  return JSON.parse(data) as StreamMessage;
}
