/** The program of a render process: loads the engine, says `ready`, then does one job at a time. */
import nodeModule from 'node:module';
import { Worker } from 'node:worker_threads';
import type { AudioBufferLike, MusicalParameters, Score } from '@bnc/contracts';
import { RenderError, type RenderErrorCode } from '../errors.ts';
import { type Job, type PlainBuffer, type PoolMessage, toBuffer, type WorkerMessage } from '../pool/messages.ts';
import { validateScore } from '../validate-score.ts';
import { replaceMissingAlsa } from './silent-alsa.ts';
import { WarmUp } from './warm-up.ts';

/**
 * Watches from a thread of its own, where no endless loop of a job can stop it: the process dies with its parent, and when it
 * holds too much memory (buffers outside the JavaScript heap included).
 */
const watchdog = `
const { writeSync } = require('node:fs');
const { parent, limit } = require('node:worker_threads').workerData;
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
  if (process.memoryUsage.rss() > limit) {
    writeSync(2, 'render process: memory limit reached');
    process.kill(process.pid, 'SIGKILL');
  }
}, 100);
`;

/** The process's own, whatever a module puts in its place. */
const sendToParent = process.send?.bind(process);

/** Settles when the message is on its way; rejects when it cannot be cloned. */
function send(message: WorkerMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!sendToParent) throw new Error('render-program.ts is started by OfflineRenderer only');
    sendToParent(message, undefined, undefined, () => resolve());
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function toFailure(error: unknown): WorkerMessage {
  const code: RenderErrorCode = error instanceof RenderError ? error.code : 'RENDER_FAILED';
  return { type: 'failed', code, message: messageOf(error), ...(error instanceof Error && { stack: error.stack }) };
}

/** Calls a function of a user's module. */
async function callModule(url: string, name: string, args: readonly unknown[]): Promise<unknown> {
  try {
    const loaded = (await import(url)) as Record<string, unknown>;
    const called = loaded[name];
    if (typeof called !== 'function') throw new TypeError(`it exports no function named ${name}`);
    return await (called as (...given: readonly unknown[]) => unknown)(...args);
  } catch (error) {
    throw new RenderError('RENDER_MODULE_FAILED', `The module's ${name}() failed: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Rejects with what a module throws where nobody catches it: in a timer, a worklet, or a promise that it let go. */
function escaped(): Promise<never> {
  return new Promise((_, reject) => {
    process.once('uncaughtException', (error) => {
      const message = `The module threw outside of its build(): ${messageOf(error)}`;
      reject(new RenderError('RENDER_MODULE_FAILED', message, { cause: error }));
    });
  });
}

async function toScore(input: Score | MusicalParameters): Promise<Score> {
  if (typeof input === 'object' && input !== null && 'tracks' in input) return input;
  // Loaded on first use, so that a process that only renders scores starts sooner.
  const { compose } = await import('@bnc/music-engine');
  try {
    return compose(input);
  } catch (error) {
    throw new RenderError('RENDER_INVALID_SCORE', `The parameters could not be composed: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Renders between two collections of everything. */
const rendersPerCollection = 4;

/**
 * Makes a function that frees the engine's nodes, which go with their JavaScript handles, while no render waits. What a render made is young:
 * finding it takes 1 ms, and 15 ms in all of the heap.
 */
function createCollect(): () => void {
  let renders = 0;
  return () => {
    renders++;
    if (renders % rendersPerCollection === 0) globalThis.gc?.();
    else globalThis.gc?.({ type: 'minor' });
  };
}

async function start(): Promise<void> {
  new Worker(watchdog, {
    eval: true,
    workerData: { parent: process.ppid, limit: Number(process.argv[2]) },
  }).unref();
  process.on('disconnect', () => process.exit());
  replaceMissingAlsa();
  const { ScoreRenderer } = await import('./render-score.ts');
  const renderer = new ScoreRenderer();
  const collect = createCollect();

  const render = async (job: Job): Promise<PlainBuffer | number> => {
    const { source, sampleRate, progress, preview } = job;
    if (source.kind === 'graph') {
      const { module, moduleOptions, duration, loudness } = source.graph;
      const { renderGraph } = await import('./render-graph.ts');
      const build = (graph: object): Promise<unknown> => callModule(module, 'build', [graph, moduleOptions]);
      return Promise.race([renderGraph(build, duration, sampleRate, loudness), escaped()]);
    }
    const score = await toScore(source.input);
    validateScore(score, source.limits);
    const samples = job.samples && Object.fromEntries(job.samples.map(([midi, buffer]) => [midi, toBuffer(buffer)]));
    if (source.kind === 'gain') return renderer.measureGain(score, samples);
    return renderer.render(score, sampleRate, {
      samples,
      onProgress: progress ? (share) => void send({ type: 'progress', share }) : undefined,
      onPreview: preview ? (part) => void send({ type: 'preview', ...part }) : undefined,
    });
  };

  const run = async (job: Job): Promise<WorkerMessage> => {
    const rendered = await render(job);
    if (typeof rendered === 'number') return { type: 'finished', value: rendered };
    if (job.finish === undefined) return { type: 'rendered', ...rendered };
    const buffer: AudioBufferLike = toBuffer(rendered);
    return { type: 'finished', value: await callModule(job.finish, 'finish', [buffer, job.finishOptions]) };
  };

  /** Whether a job is being done that the pool waits for. */
  let isBusy = false;
  const warmUp = new WarmUp({
    run: (job) => run(job).finally(collect),
    isBusy: () => isBusy,
    onEnd: () => {
      // Written now: this process is killed at its end. Does nothing where the parent keeps no compiled code.
      // Deno has no such function.
      (nodeModule as Partial<typeof nodeModule>).flushCompileCache?.();
      void send({ type: 'warm' });
    },
  });
  process.on('message', (message: PoolMessage) => {
    if (message.type === 'warm-up') {
      warmUp.start(message.jobs);
      return;
    }
    isBusy = true;
    send({ type: 'begun' })
      .then(() => run(message.job))
      .then(send)
      .catch((error: unknown) => send(toFailure(error)))
      .finally(() => {
        isBusy = false;
        collect();
        void warmUp.goOn();
      });
  });
  await send({ type: 'ready' });
}

start().catch((error: unknown) => send({ type: 'unsupported', message: messageOf(error) }).then(() => process.exit(1)));
