import type { StreamMessage } from '@bnc/contracts';

/** How the connection is, for the person who looks at the page. */
export type ConnectionState = 'connecting' | 'live' | 'lost' | 'refused';

/** What a stream tells its page. */
export interface StreamHandlers {
  onMessage(message: StreamMessage): void;
  onState(state: ConnectionState, detail?: string): void;
}

/** Without any message for this long (heartbeats come every 30 s) the connection counts as dead. */
const silenceMs = 75_000;

/** Asks why the server refuses, because EventSource does not tell. */
const explainRefusal = async (url: string): Promise<string> => {
  const abort = new AbortController();
  try {
    const answer = await fetch(url, { headers: { accept: 'application/json' }, signal: abort.signal });
    if (answer.ok) return '';
    return ((await answer.json()) as { message?: string }).message ?? '';
  } catch {
    return '';
  } finally {
    abort.abort();
  }
};

/** Listens to a room until `signal` aborts: reconnects by itself, at random moments, and never gives up. */
export const openStream = (repoId: string, { onMessage, onState }: StreamHandlers, signal: AbortSignal): void => {
  let source: EventSource | undefined;
  let lastEventId = '';
  let attempts = 0;
  let watchdog: ReturnType<typeof setTimeout> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const reconnect = (): void => {
    source?.close();
    clearTimeout(watchdog);
    clearTimeout(retry);
    const spread = Math.min(30_000, 500 * 2 ** attempts++);
    retry = setTimeout(connect, spread * (0.5 + Math.random() / 2));
  };

  const watch = (): void => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => {
      onState('lost');
      reconnect();
    }, silenceMs);
  };

  const connect = (): void => {
    const query = new URLSearchParams({ format: 'pcm-s16le' });
    if (lastEventId) query.set('lastEventId', lastEventId);
    const url = `/stream/${repoId}?${query}`;
    source = new EventSource(url);
    source.onmessage = (event: MessageEvent<string>) => {
      watch();
      if (event.lastEventId) lastEventId = event.lastEventId;
      const message = JSON.parse(event.data) as StreamMessage;
      if (message.type === 'connected') {
        attempts = 0;
        onState('live');
      }
      onMessage(message);
    };
    source.onerror = () => {
      clearTimeout(watchdog);
      if (source?.readyState === EventSource.CONNECTING) return onState('lost');
      void explainRefusal(url).then((reason) => {
        if (signal.aborted) return;
        onState(reason ? 'refused' : 'lost', reason);
        reconnect();
      });
    };
  };

  signal.addEventListener('abort', () => {
    source?.close();
    clearTimeout(watchdog);
    clearTimeout(retry);
  });
  onState('connecting');
  connect();
};
