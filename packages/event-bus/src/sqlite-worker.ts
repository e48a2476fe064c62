import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { BusError } from './errors.ts';
import { copyTo } from './sqlite/backup.ts';
import { mayWait, watchDues } from './sqlite/dues.ts';
import { plainError } from './sqlite/errors.ts';
import type { Reply, Request } from './sqlite/requests.ts';
import { SqliteStore, type StoreOptions } from './sqlite/store.ts';

function answer(store: SqliteStore, request: Request): unknown {
  switch (request.op) {
    case 'append': {
      const { seq, duplicate } = store.append(request.entry);
      // A number crosses to the other thread much faster than an object.
      return duplicate ? -seq : seq;
    }
    case 'read':
      return store.read(request.after, request.limit, request.maxBytes);
    case 'join':
      return store.groups.join(request.group, request.pattern, request.owned, request.from, request.consumer);
    case 'readKey':
      return store.keys.read(request.key, request.after, request.limit, request.maxBytes);
    case 'readPlaces':
      return store.keys.readPlaces(request.places, request.maxBytes);
    case 'waiting':
      return store.owned.waiting(request.group);
    case 'pull':
      return store.owned.pull(request.group, request.count);
    case 'start':
      return store.owned.start(request.group, request.wanted);
    case 'commit':
      return store.owned.commit(request.commit);
    case 'take':
      return store.groups.take(request.group, request.consumer, request.count, request.first);
    case 'later':
      return store.groups.later(request.group, request.consumer, request.seq, request.ms, request.isUncounted);
    case 'done':
      return store.groups.done(request.group, request.consumer, request.seq);
    case 'dead':
      return store.groups.dead(request.group, request.consumer, request.seq, request.reason, request.notice);
    case 'leave':
      store.groups.leave(request.consumer, request.unfinished);
      break;
    case 'giveBack':
      store.owned.giveBack(request.group, request.places);
      break;
    case 'deadLetters':
      return store.groups.letters.list(request.limit, request.after);
    case 'deadLetter':
      return store.groups.letters.get(request.id);
    case 'deleteDeadLetter':
      return store.groups.letters.delete(request.id);
    case 'forget':
      return store.forget(request.key);
    case 'retryDeadLetter':
      return store.groups.letters.retry(request.id);
    case 'stats':
      return store.stats();
    case 'checked':
      store.checked();
      break;
    // A backup begins after the transaction.
    case 'listen':
    case 'backup':
    case 'close':
      break;
  }
  return null;
}

/**
 * Runs a clean-up and ignores its failure, as it is tried again later. Whatever keeps it from writing also fails the
 * next publish.
 */
function clean(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

/** Requests that may give an event a place in the log. A place that was announced must not be used again. */
const appending: ReadonlySet<Request['op']> = new Set(['append', 'commit', 'dead', 'retryDeadLetter']);

/**
 * Runs requests in one transaction. If that fails, runs each in its own, so that one request does not fail because of
 * another. When the file is full, cuts history and tries the request once more.
 */
function attempt(store: SqliteStore, requests: readonly Request[], isLast: boolean = false): Reply[] {
  const answers: unknown[] = [];
  try {
    const appends = requests.some(({ op }) => appending.has(op));
    store.run(appends, () => {
      for (const request of requests) answers.push(answer(store, request));
    });
    return [{ answers }];
  } catch (error) {
    if (requests.length > 1) return requests.flatMap((request) => attempt(store, [request]));
    const plain = plainError(error);
    if (plain.code === 'BUS_STORAGE_FULL' && !isLast && clean(() => store.clean())) {
      return attempt(store, requests, true);
    }
    return [{ error: plain, count: 1 }];
  }
}

type Port = NonNullable<typeof parentPort>;

/** Copies the file while other requests run, and reports the end of it. */
async function copy(
  store: SqliteStore,
  { backup, file }: Extract<Request, { readonly op: 'backup' }>,
  port: Port,
  signal: AbortSignal,
): Promise<void> {
  const failure = await copyTo(store.db, file, signal).then(
    () => undefined,
    (error: unknown) => plainError(error),
  );
  port.postMessage({ backup, failure } satisfies Reply);
}

function serve(port: Port): void {
  let store: SqliteStore;
  try {
    store = new SqliteStore(workerData as StoreOptions);
  } catch (error) {
    port.postMessage({ error: plainError(error), count: 0 } satisfies Reply);
    return;
  }
  port.postMessage({ answers: [store.epoch, store.opened, store.isUnchecked] } satisfies Reply);
  const dues = watchDues(store, (due) => port.postMessage({ due } satisfies Reply));
  const copies = new Set<Promise<void>>();
  const closed = new AbortController();
  port.on('message', (first: readonly Request[]) => {
    // All waiting requests go into one transaction, with one write to the disk.
    const requests = [...first];
    for (let more = receiveMessageOnPort(port); more; more = receiveMessageOnPort(port)) {
      requests.push(...(more.message as readonly Request[]));
    }
    for (const reply of attempt(store, requests)) port.postMessage(reply);
    for (const request of requests) {
      if (request.op !== 'backup') continue;
      const copying = copy(store, request, port, closed.signal).finally(() => copies.delete(copying));
      copies.add(copying);
    }
    const closing = requests.at(-1)?.op === 'close';
    if (closing) {
      dues.stop();
      closed.abort(new BusError('BUS_CLOSED', 'the file was closed during the backup: there is no copy'));
      // SQLite must not close a file in the midst of a step.
      void Promise.all(copies).then(() => {
        store.close();
        port.close();
      });
    } else {
      clean(() => store.cleanWhenDue());
      if (requests.some(mayWait)) dues.again();
    }
    const warnings = store.takeWarnings().map(plainError);
    if (warnings.length > 0) port.postMessage({ warnings } satisfies Reply);
  });
}

if (parentPort) serve(parentPort);
