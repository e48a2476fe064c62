import { RenderError } from '../errors.ts';
import { FairQueue } from './fair-queue.ts';
import type { Job } from './messages.ts';
import { type JobListeners, type JobResult, RenderWorker } from './render-worker.ts';

/** Bounds of a pool. */
export interface PoolOptions {
  readonly workers: number;
  readonly spares: number;
  readonly maxQueue: number;
  readonly timeoutMs: number;
  readonly maxMemoryBytes: number;
  readonly maxRendersPerProcess: number;
  /** Program of the processes. */
  readonly program: URL;
  /** What each process does once, while no render needs it. */
  readonly warmUp: readonly Job[];
}

/** Counts of a pool. */
export interface PoolStats {
  /** Processes that are ready and idle now. */
  readonly idle: number;
  /** Processes that render. */
  readonly running: number;
  /** Processes that are being started. */
  readonly starting: number;
  /** Renders that wait. */
  readonly queued: number;
  /** Renders that have ended with a result. */
  readonly rendered: number;
  /** Renders that have ended with an error. */
  readonly failed: number;
  /** Processes that have been started. */
  readonly started: number;
}

interface Waiting extends JobListeners {
  readonly job: Job;
  readonly key: string;
  readonly signal: AbortSignal | undefined;
  readonly settle: PromiseWithResolvers<JobResult>;
}

/** Processes in a row that may die before they are ready; then waiting renders fail. */
const maxFailedStarts = 3;

/** Keeps render processes warm: one render at a time in each, spares ready, killed at any limit. */
export class RenderPool {
  readonly #options: PoolOptions;
  readonly #renders = new FairQueue<Waiting>();
  /** Short jobs that a live message waits for. */
  readonly #gains = new FairQueue<Waiting>();
  readonly #workers = new Set<RenderWorker>();
  /** The one that was used last first: it has what the next render needs. */
  readonly #idle: RenderWorker[] = [];
  /** Processes that run, or ran, a module of a graph: they do nothing else after that. */
  readonly #spent = new Set<RenderWorker>();
  #running = 0;
  #rendered = 0;
  #failed = 0;
  #started = 0;
  #failedStarts = 0;
  #warmUp: readonly Job[];
  /** Whether all processes are started: one has been warm or has rendered, or a graph waits, which needs two. */
  #isFull = false;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#warmUp = options.warmUp;
  }

  get stats(): PoolStats {
    return {
      idle: this.#idle.length,
      running: this.#running,
      starting: this.#workers.size - this.#idle.length - this.#running,
      queued: this.#queued,
      rendered: this.#rendered,
      failed: this.#failed,
      started: this.#started,
    };
  }

  /** Settles when a process is warm. */
  async ready(): Promise<void> {
    if (this.#closed) throw closed();
    this.#fill();
    await Promise.any([...this.#workers].map((worker) => worker.ready)).catch((error: AggregateError) => {
      throw error.errors[0];
    });
  }

  /** Queues a job. */
  async run(job: Job, key: string, signal: AbortSignal | undefined, listeners: JobListeners): Promise<JobResult> {
    if (this.#closed) throw closed();
    if (signal?.aborted) throw aborted(signal);
    const { maxQueue, workers } = this.#options;
    if (this.#queued >= maxQueue + Math.max(0, workers - this.#running)) {
      throw new RenderError(
        'RENDER_QUEUE_FULL',
        `${this.#queued} renders wait already, and maxQueue is ${maxQueue}. Try again later.`,
      );
    }
    const waiting: Waiting = { job, key, signal, settle: Promise.withResolvers(), ...listeners };
    const queue = job.source.kind === 'gain' ? this.#gains : this.#renders;
    const leave = (): void => {
      if (signal && queue.remove(key, waiting)) waiting.settle.reject(aborted(signal));
    };
    signal?.addEventListener('abort', leave, { once: true });
    queue.push(key, waiting);
    if (job.source.kind === 'graph') this.#startAll();
    else this.#fill();
    this.#next();
    try {
      const result = await waiting.settle.promise;
      this.#rendered++;
      return result;
    } catch (error) {
      this.#failed++;
      throw error;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  /** Ends all processes; waiting and running renders are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#rejectAll(closed());
    await Promise.all([...this.#workers].map((worker) => worker.kill()));
  }

  #rejectAll(error: RenderError): void {
    for (const queue of [this.#gains, this.#renders]) {
      for (let waiting = queue.shift(); waiting; waiting = queue.shift()) waiting.settle.reject(error);
    }
  }

  /**
   * Starts processes until there are as many as renders may run, and the spares; those that run a graph already have a
   * replacement. Until one is warm there are only as many as there are renders: each further one would take CPU from
   * the first.
   */
  #fill(): void {
    const { workers, spares } = this.#options;
    const most = this.#isFull ? Number.POSITIVE_INFINITY : Math.max(1, this.#queued + this.#running);
    while (!this.#closed && this.#workers.size - this.#spent.size < Math.min(most, workers + spares)) this.#start();
  }

  #startAll(): void {
    this.#isFull = true;
    this.#fill();
  }

  #start(): void {
    const { program, maxMemoryBytes } = this.#options;
    const worker = new RenderWorker(program, maxMemoryBytes);
    this.#workers.add(worker);
    this.#started++;
    let isReady = false;
    let isWarm = false;
    // Sent ahead where no render waits: it begins when the process is ready, even if this one is busy loading its program.
    const isAhead = this.#queued === 0;
    if (isAhead) worker.warmUp(this.#warmUp);
    worker.ready.then(
      () => {
        isReady = true;
        this.#failedStarts = 0;
        this.#idle.push(worker);
        // A render that waits goes first; where the list was sent ahead, at most behind its first render.
        this.#next();
        // One that runs a graph ends after it, and must not be spoken to: what a module replaces, Node's own code uses too.
        if (!isAhead && !this.#spent.has(worker)) worker.warmUp(this.#warmUp);
      },
      (error: RenderError) => {
        this.#failedStarts++;
        if (error.code !== 'RENDER_UNSUPPORTED' && this.#failedStarts < maxFailedStarts) return;
        this.#failedStarts = 0;
        this.#rejectAll(error);
      },
    );
    void worker.warm.then(() => {
      isWarm = true;
      this.#startAll();
    });
    void worker.gone.then(() => {
      this.#workers.delete(worker);
      const wasSpent = this.#spent.delete(worker);
      const place = this.#idle.indexOf(worker);
      if (place !== -1) this.#idle.splice(place, 1);
      // One that ends its process would end each new one too.
      if (isReady && !isWarm && !wasSpent && !worker.isKilled) this.#warmUp = [];
      // A process that never became ready is replaced only when a render waits.
      if (isReady || this.#queued > 0) this.#fill();
    });
  }

  get #queued(): number {
    return this.#gains.size + this.#renders.size;
  }

  /**
   * Takes the next job that may run. A gain goes first; one runs on a spare, where there are spares and all workers render. A
   * graph, whose process is replaced after it, leaves a spare to the scores behind it.
   */
  #take(): Waiting | undefined {
    const { workers, spares } = this.#options;
    const left = Math.min(1, spares);
    const gain = this.#running < workers + left ? this.#gains.shift() : undefined;
    if (gain || this.#running >= workers) return gain;
    return this.#renders.shift(({ job }) => job.source.kind !== 'graph' || this.#idle.length > left);
  }

  #next(): void {
    while (this.#idle.length > 0) {
      // One that has ended has not been missed yet: its end is on the way.
      if (this.#idle[0]?.isLost) {
        this.#idle.shift();
        continue;
      }
      const waiting = this.#take();
      const isLast = waiting?.job.source.kind === 'graph';
      const worker = isLast ? this.#idle.pop() : waiting && this.#idle.shift();
      if (!waiting || !worker) return;
      this.#running++;
      if (isLast) {
        this.#spent.add(worker);
        this.#fill();
      }
      this.#run(worker, waiting)
        .then(waiting.settle.resolve, (error: unknown) => this.#fail(worker, waiting, error))
        .finally(() => {
          this.#running--;
          this.#next();
          this.#startAll();
        });
    }
  }

  /** Ends a job with an error; one that never reached its process waits for the next process. */
  #fail(worker: RenderWorker, waiting: Waiting, error: unknown): void {
    const { job, key, signal, settle } = waiting;
    if (worker.isUnreached && !this.#closed && !signal?.aborted) {
      (job.source.kind === 'gain' ? this.#gains : this.#renders).push(key, waiting);
      this.#fill();
    } else {
      settle.reject(error);
    }
  }

  async #run(worker: RenderWorker, { job, signal, ...listeners }: Waiting): Promise<JobResult> {
    const { timeoutMs, maxRendersPerProcess } = this.#options;
    let ended: RenderError | undefined;
    const end = (error: RenderError): void => {
      ended ??= error;
      void worker.kill();
    };
    const timer = setTimeout(
      () =>
        end(
          new RenderError(
            'RENDER_TIMEOUT',
            `The render took longer than ${timeoutMs} ms and was killed. Render less at once, or raise timeoutMs.`,
          ),
        ),
      timeoutMs,
    );
    const abort = (): void => {
      if (signal) end(aborted(signal));
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await worker.run(job, listeners);
    } catch (error) {
      throw ended ?? (this.#closed ? closed() : error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      const isDone =
        ended || worker.isKilled || worker.isLost || this.#spent.has(worker) || worker.jobs >= maxRendersPerProcess;
      if (isDone) void worker.kill();
      else if (this.#workers.has(worker)) this.#idle.unshift(worker);
    }
  }
}

function closed(): RenderError {
  return new RenderError('RENDER_CLOSED', 'The renderer has been closed. Make a new one.');
}

function aborted(signal: AbortSignal): RenderError {
  return new RenderError('RENDER_ABORTED', 'The render was aborted.', { cause: signal.reason });
}
