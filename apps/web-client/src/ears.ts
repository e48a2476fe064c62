import type { StreamMessage } from '@bnc/contracts';
import type { FromTab, ToTab } from './ears-words.ts';
import { type Form, type LineState, RoomsStream } from './rooms-stream.ts';

/** How often a tab says that it is there, in ms. */
const hereMs = 20_000;

/** Callbacks of the connection. */
export interface EarsHandlers {
  onMessage(message: StreamMessage): void;
  onState(state: LineState): void;
}

/** What a page does with its connection. */
export interface Ears {
  /** Opens it again, from where it was. */
  reopen(): void;
}

/**
 * Listens to a room until `signal` aborts, and reconnects for as long as that takes. All tabs of a browser share one
 * connection, held by a worker, because a browser has only six per origin; where there are no shared workers, each tab
 * has its own.
 */
export function openEars(
  { room, ...form }: Form & { readonly room: string },
  handlers: EarsHandlers,
  signal: AbortSignal,
): Ears {
  const worker = sharedWorker();
  return worker ? shareEars(worker, room, form, handlers, signal) : ownEars(room, form, handlers, signal);
}

/** The worker that holds the connection; undefined if the browser has none, or refuses it because it stores nothing. */
function sharedWorker(): SharedWorker | undefined {
  try {
    return new SharedWorker(new URL('./ears.worker.ts', import.meta.url), { type: 'module', name: 'bots-n-cats' });
  } catch {
    return undefined;
  }
}

function ownEars(room: string, form: Form, handlers: EarsHandlers, signal: AbortSignal): Ears {
  const stream = new RoomsStream(form, handlers);
  stream.listen([room]);
  signal.addEventListener('abort', () => stream.close());
  return stream;
}

function shareEars(worker: SharedWorker, room: string, form: Form, handlers: EarsHandlers, signal: AbortSignal): Ears {
  const { port } = worker;
  const say = (word: FromTab): void => port.postMessage(word);
  // Said again, it brings back a tab that the worker took for gone: a browser freezes tabs, and machines sleep.
  const listen = (): void => say({ say: 'listen', room, ...form });
  let own: Ears | undefined;
  worker.addEventListener('error', () => {
    // The browser could not start the worker: the tab listens by itself.
    if (!signal.aborted) own ??= ownEars(room, form, handlers, signal);
  });
  port.addEventListener('message', ({ data }: MessageEvent<ToTab>) => {
    if (data.say === 'state') handlers.onState(data.state);
    else handlers.onMessage(data.message);
  });
  port.start();
  listen();
  const timer = setInterval(listen, hereMs);
  signal.addEventListener('abort', () => {
    clearInterval(timer);
    say({ say: 'bye' });
    port.close();
  });
  const reopen = (): void => {
    listen();
    say({ say: 'reopen' });
  };
  return { reopen: () => (own ?? { reopen }).reopen() };
}
