import type { Worker } from 'node:worker_threads';
import { BusError } from '../errors.ts';
import { type Appended, type Entry, envelopeVersion, type Stored } from '../transport.ts';
import type { Buried } from './dead-letters.ts';
import { pathOf } from './options.ts';
import type { Reply, Request } from './requests.ts';

interface Waiting {
  readonly request: Request;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: BusError) => void;
}

/** Callbacks for what happens in the file. */
export interface FileListener {
  /** Requests of this process stored new events. */
  stored(events: readonly Stored[]): void;
  /** Delayed events got their places, or retries are due. */
  due(events: readonly Stored[]): void;
  warning(error: BusError): void;
}

/** The thread that reads and writes a file. */
export class FileThread {
  readonly epoch: string;
  readonly #worker: Worker;
  #listener: FileListener | undefined;
  #batch: Waiting[] = [];
  /** Requests that were sent and have no result yet. Results come in the order of the requests. */
  #sent: Waiting[] = [];
  #broken: BusError | undefined;
  #isClosing = false;
  readonly #backups = new Map<number, (error: BusError | undefined) => void>();
  #backupCount = 0;

  constructor(worker: Worker, epoch: string) {
    this.#worker = worker;
    this.epoch = epoch;
    worker.on('message', (reply: Reply) => this.#settle(reply));
    worker.on('error', (cause) =>
      this.#break(
        new BusError('BUS_UNAVAILABLE', 'the thread that writes the file died: restart the process', { cause }),
      ),
    );
    worker.on('exit', () => this.#break(new BusError('BUS_CLOSED', 'the file is closed')));
  }

  /** True once the last request was sent. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Connects the listener. From now on, due events are announced. */
  listen(listener: FileListener): void {
    this.#listener = listener;
    this.ask({ op: 'listen' }).catch(() => {});
  }

  /** Sends a request, together with the others of this turn. */
  ask<T>(request: Request): Promise<T> {
    if (this.#broken) return Promise.reject(this.#broken);
    if (this.#isClosing) return Promise.reject(new BusError('BUS_CLOSED', 'the file is closed'));
    return new Promise<unknown>((resolve, reject) => {
      this.#batch.push({ request, resolve, reject });
      if (this.#batch.length === 1) queueMicrotask(() => this.#send());
    }) as Promise<T>;
  }

  /** Copies the file to another path. */
  async backup(file: string): Promise<void> {
    const path = pathOf(file);
    const backup = ++this.#backupCount;
    const copied = new Promise<void>((resolve, reject) => {
      this.#backups.set(backup, (error) => (error ? reject(error) : resolve()));
    });
    copied.catch(() => {});
    try {
      await this.ask({ op: 'backup', backup, file: path });
      await copied;
    } finally {
      this.#backups.delete(backup);
    }
  }

  /** Ends the thread when all requests have their results. */
  async close(): Promise<void> {
    if (this.#broken) return;
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    const closed = this.ask({ op: 'close' });
    this.#isClosing = true;
    await closed.catch(() => {});
    await ended;
  }

  #send(): void {
    const batch = this.#batch;
    this.#batch = [];
    if (this.#broken) {
      for (const { reject } of batch) reject(this.#broken);
      return;
    }
    for (const waiting of batch) this.#sent.push(waiting);
    this.#worker.postMessage(batch.map(({ request }) => request));
  }

  #settle(reply: Reply): void {
    if ('warnings' in reply) {
      for (const { code, message } of reply.warnings) this.#listener?.warning(new BusError(code, message));
      return;
    }
    if ('backup' in reply) {
      const { backup, failure } = reply;
      this.#backups.get(backup)?.(failure && new BusError(failure.code, failure.message));
      return;
    }
    if ('due' in reply) {
      this.#listener?.due(reply.due);
      return;
    }
    if ('error' in reply) {
      const error = new BusError(reply.error.code, reply.error.message);
      for (const { reject } of this.#sent.splice(0, reply.count)) reject(error);
      return;
    }
    const asked = this.#sent.splice(0, reply.answers.length);
    const events: Stored[] = [];
    for (const [place, { request, resolve }] of asked.entries()) {
      const answer = reply.answers[place];
      if (request.op === 'commit') {
        resolve(answer);
        for (const [index, { seq, duplicate }] of ((answer ?? []) as readonly Appended[]).entries()) {
          const entry = request.commit.publish[index];
          if (entry && !duplicate && seq > 0) events.push(storedAs(entry, seq));
        }
        continue;
      }
      if (request.op !== 'append') {
        resolve(answer);
        const notice = request.op === 'dead' ? (answer as Buried).notice : undefined;
        if (notice) events.push(notice);
        continue;
      }
      const seq = Math.abs(answer as number);
      // A duplicate of an event that waits for its time is -0.
      const duplicate = (answer as number) < 0 || Object.is(answer, -0);
      resolve({ seq, epoch: this.epoch, duplicate } satisfies Appended);
      if (!duplicate && seq > 0) events.push(storedAs(request.entry, seq));
    }
    if (events.length > 0) this.#listener?.stored(events);
  }

  #break(error: BusError): void {
    this.#broken ??= error;
    for (const { reject } of [...this.#sent.splice(0), ...this.#batch.splice(0)]) reject(this.#broken);
    for (const end of this.#backups.values()) end(this.#broken);
  }
}

function storedAs({ topic, key, payload, publishedAt }: Entry, seq: number): Stored {
  return { seq, topic, key, payload, publishedAt, version: envelopeVersion };
}
