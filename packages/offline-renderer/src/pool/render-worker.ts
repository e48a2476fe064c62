import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import nodeModule, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { RenderError } from '../errors.ts';
import type { Job, PoolMessage, PreviewPart, WorkerMessage } from './messages.ts';

/** Callbacks while a job runs. */
export interface JobListeners {
  readonly onProgress?: ((share: number) => unknown) | undefined;
  readonly onPreview?: ((preview: PreviewPart) => unknown) | undefined;
}

/** How a job ended well. */
export type JobResult = Extract<WorkerMessage, { type: 'rendered' | 'finished' }>;

/** The pool's handle on one render process and the one job it may have. */
export class RenderWorker {
  /** Settles when the process can take jobs. */
  readonly ready: Promise<void>;
  /** Settles when the process has done its warm-up; never if the process ends first. */
  readonly warm: Promise<void>;
  /** Settles when the process is gone. */
  readonly gone: Promise<void>;
  /** Jobs done. */
  jobs = 0;
  readonly #process: ChildProcess;
  #errors = '';
  #isKilled = false;
  #isLost = false;
  #isUnreached = false;
  #hasBegun = false;
  #listeners: JobListeners = {};
  #settle: { resolve(result: JobResult): void; reject(error: unknown): void } | undefined;

  constructor(program: URL, maxMemoryBytes: number) {
    this.#process = fork(fileURLToPath(program), [String(maxMemoryBytes)], {
      env: cleanEnvironment(),
      execArgv: [
        `--max-old-space-size=${Math.ceil(maxMemoryBytes / 2 ** 20)}`,
        '--expose-gc',
        // V8 doubles its young generation after some hundred renders, for garbage that is collected after each one anyway.
        '--max-semi-space-size=8',
        // Between renders the process collects by itself. Helper threads spin while they wait for each other: a tenth of a render's CPU.
        '--single-threaded-gc',
        '--no-incremental-marking',
        ...plugAndPlay(program),
        ...(program.pathname.endsWith('.ts')
          ? ['--conditions=@bnc/source', '--disable-warning=ExperimentalWarning']
          : []),
      ],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4000);
    });
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
    const warmed = Promise.withResolvers<void>();
    this.ready = ready;
    this.warm = warmed.promise;
    this.gone = new Promise((gone) => {
      const end = (how: string): void => {
        const error = this.#explain(how);
        reject(error);
        // It was about to end when the job was sent.
        if (this.#settle && !this.#hasBegun && !this.#isKilled) this.#isUnreached = true;
        this.#settle?.reject(error);
        gone();
      };
      this.#process.once('close', (code, signal) => end(signal ?? `exit code ${code}`));
      this.#process.once('error', (error) => end(error.message));
    });
    this.#process.on('message', (message: WorkerMessage) => {
      if (message.type === 'ready') resolve();
      else if (message.type === 'warm') warmed.resolve();
      else if (message.type === 'begun') this.#hasBegun = true;
      else if (message.type === 'unsupported') reject(new RenderError('RENDER_UNSUPPORTED', advise(message.message)));
      else this.#hear(message);
    });
    this.#process.once('disconnect', () => {
      this.#isLost = true;
    });
    const release = (): void => this.#hold(false);
    ready.then(release, release);
  }

  /** Process id. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Whether `kill` was called. */
  get isKilled(): boolean {
    return this.#isKilled;
  }

  /** Whether the process cannot be reached any more: it has ended, or is about to. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Whether the last job never reached the process. */
  get isUnreached(): boolean {
    return this.#isUnreached;
  }

  /**
   * Lets the process do warm-up jobs while it has no other one; their results are thrown away. They do not keep the
   * parent alive.
   */
  warmUp(jobs: readonly Job[]): void {
    // Not connected: the system had no file or memory for the process, which the event `error` says.
    if (!this.#isKilled && !this.#isLost && this.#process.connected) this.#send({ type: 'warm-up', jobs });
  }

  /** Does one job. Rejects with a RenderError, also when the process dies, or with what a listener throws. */
  run(job: Job, listeners: JobListeners): Promise<JobResult> {
    this.#hold(true);
    this.#hasBegun = false;
    this.#listeners = listeners;
    const { promise, resolve, reject } = Promise.withResolvers<JobResult>();
    this.#settle = { resolve, reject };
    try {
      this.#send({ type: 'job', job }, (error) => {
        if (error) {
          this.#isLost = true;
          this.#isUnreached = true;
          reject(
            new RenderError('RENDER_CRASHED', `The render process could not be reached: ${error.message}. Try again.`),
          );
        }
      });
    } catch (error) {
      reject(
        new RenderError(
          'RENDER_FAILED',
          'The render could not be sent to its process: its options hold a value that cannot be cloned, such as a function.',
          {
            cause: error,
          },
        ),
      );
    }
    return promise.finally(() => {
      this.#settle = undefined;
      this.#listeners = {};
      this.jobs++;
      this.#hold(false);
    });
  }

  /** Ends the process at once, whatever it is doing. */
  kill(): Promise<void> {
    this.#hold(true);
    this.#isKilled = true;
    this.#process.kill('SIGKILL');
    return this.gone;
  }

  #send(message: PoolMessage, sent: (error: Error | null) => void = () => {}): void {
    this.#process.send(message, sent);
  }

  #hear(message: Exclude<WorkerMessage, { type: 'ready' | 'warm' | 'begun' | 'unsupported' }>): void {
    const { onProgress, onPreview } = this.#listeners;
    if (message.type === 'progress') this.#tell(() => onProgress?.(message.share));
    else if (message.type === 'preview') {
      const { from, sampleRate, channels } = message;
      this.#tell(() => onPreview?.({ from, sampleRate, channels }));
    } else if (message.type !== 'failed') this.#settle?.resolve(message);
    else {
      const error = new RenderError(message.code, message.message);
      if (message.stack !== undefined) error.stack = message.stack;
      this.#settle?.reject(error);
    }
  }

  /** Calls a listener. What it throws, or rejects with, ends its job and the process, which is in the middle of it. */
  #tell(listener: () => unknown): void {
    const settle = this.#settle;
    const fail = (error: unknown): void => {
      if (!settle || this.#settle !== settle) return;
      settle.reject(error);
      void this.kill();
    };
    try {
      Promise.resolve(listener()).catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  /** A process that is warm and has no job does not keep its parent alive; one that was killed does, until it is gone. */
  #hold(busy: boolean): void {
    if (this.#isKilled) return;
    const handles = [
      this.#process,
      this.#process.channel,
      this.#process.stderr as { ref?(): void; unref?(): void } | null,
    ];
    for (const handle of handles) {
      if (busy) handle?.ref?.();
      else handle?.unref?.();
    }
  }

  #explain(how: string): RenderError {
    return /memory limit|heap out of memory|memory allocation of/.test(this.#errors)
      ? new RenderError(
          'RENDER_OUT_OF_MEMORY',
          `The render process reached its memory limit and was killed (${how}). Render less at once, or raise maxMemoryMb.`,
        )
      : new RenderError('RENDER_CRASHED', `The render process ended before its result (${how}).`, {
          cause: this.#errors.trim() || undefined,
        });
  }
}

/** Keeps only what a process needs to start: code that renders sees no secret of the parent. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  // The folder for this version of Node, inside the one that was named.
  // Deno has no such function.
  const compiled = (nodeModule as Partial<typeof nodeModule>).getCompileCacheDir?.();
  return {
    ...(compiled !== undefined && { NODE_COMPILE_CACHE: dirname(compiled) }),
    // glibc gives each thread of the engine a heap of its own and keeps what they free: two heaps stay within bounds.
    MALLOC_ARENA_MAX: '2',
    ...Object.fromEntries(
      ['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SystemRoot', 'TMPDIR', 'TEMP', 'TZ'].flatMap((name) => {
        const value = process.env[name];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  };
}

/** What makes Yarn Plug'n'Play find packages in a process: it is in `NODE_OPTIONS`, which a process does not get. */
function plugAndPlay(program: URL): string[] {
  if (process.versions.pnp === undefined) return [];
  const api = createRequire(program).resolve('pnpapi');
  const loader = join(dirname(api), '.pnp.loader.mjs');
  return ['--require', api, ...(existsSync(loader) ? ['--experimental-loader', pathToFileURL(loader).href] : [])];
}

function advise(message: string): string {
  return /libasound/.test(message)
    ? 'The audio engine needs the ALSA library, but no sound card. Install it (Debian, Ubuntu: apt-get install libasound2, newer: libasound2t64).'
    : `The audio engine does not run here (${process.platform} ${process.arch}; Alpine and other musl systems are not supported): ${message}`;
}
