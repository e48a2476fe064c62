import type { AudioBufferLike } from '@bnc/contracts';
import { checkFunctions, checkNumber, checkObject, checkText, longestTimerMs } from './check.ts';
import { ClientSessionManager, repoKey, type SessionOptions, type StreamingSession } from './client-session-manager.ts';
import { SessionError } from './errors.ts';
import { Hooks, type OnHookError } from './hooks.ts';

/** Options of {@link MultiClientAudioManager}. An option that is `undefined` has its default. */
export interface MultiClientAudioOptions<Delivery> {
  /**
   * Sends a delivery to the listeners of a repository: to each of `sessions`, a live view, or through a hub that knows
   * them. A call that throws, or returns a promise that is rejected, counts as failed. Default: nothing is sent.
   */
  readonly send?:
    | ((repoId: string, delivery: Delivery, sessions: Iterable<StreamingSession<Delivery>>) => unknown)
    | undefined;
  /** Options of the sessions; `sweepMs` is also how often `cleanup` runs. */
  readonly sessions?: Omit<SessionOptions<Delivery>, 'bufferOf' | 'onError'> | undefined;
  /**
   * Time in ms after the last session of a repository, or after its newest delivery if that is later, after which
   * `cleanup` forgets the repository; `Infinity`: never. Default 300,000 (5 minutes).
   */
  readonly keepMs?: number | undefined;
  /**
   * Returns the size of a delivery in bytes, for `memoryUsage`. Default: 4 bytes a sample of an `AudioBufferLike`, else
   * its `byteLength`, else 0.
   */
  readonly sizeOf?: ((delivery: Delivery) => number) | undefined;
  /**
   * Called with what a hook throws or rejects with, and the name of the hook. Default: a process warning, once per
   * hook.
   */
  readonly onError?: OnHookError | undefined;
}

/** Numbers of one repository. */
export interface RepoHealth {
  /** `owner/repo` as it was first given. */
  readonly repoId: string;
  /** Sessions now. */
  readonly activeSessions: number;
  /** Deliveries since the repository was first seen, or seen again after `cleanup` had forgotten it. */
  readonly buffersCreated: number;
  /** How many of these deliveries had a `send` that failed. */
  readonly failedSends: number;
  /** Bytes of the newest delivery; 0 when none is held. */
  readonly bufferBytes: number;
  /** When the newest delivery was made, in epoch ms; undefined before the first one. */
  readonly lastBufferAt: number | undefined;
}

/** Numbers of the manager. */
export interface HealthMetrics {
  /** Sessions now. */
  readonly activeSessions: number;
  /** Deliveries made since the start. */
  readonly totalBuffersCreated: number;
  /** Deliveries whose `send` threw or was rejected. */
  readonly failedSends: number;
  /** Deliveries whose `send` has not settled yet. */
  readonly pendingSends: number;
  /** Bytes of the deliveries held: one for each repository, however many sessions it has. */
  readonly memoryUsage: number;
  /** Time since the manager was made, in ms. */
  readonly uptime: number;
  /** Repositories that have sessions, or were in use within the last `keepMs`. */
  readonly repos: readonly RepoHealth[];
}

interface Repo<Delivery> {
  readonly repoId: string;
  newest: Delivery | undefined;
  buffersCreated: number;
  failedSends: number;
  lastBufferAt: number | undefined;
  usedAt: number;
}

/** Sends deliveries to everyone who listens to a repository, and holds its newest delivery once for all of them. */
export class MultiClientAudioManager<Delivery = AudioBufferLike> {
  readonly #send: MultiClientAudioOptions<Delivery>['send'];
  readonly #sizeOf: (delivery: Delivery) => number;
  readonly #keepMs: number;
  readonly #hooks: Hooks;
  readonly #now: () => number;
  readonly #sessions: ClientSessionManager<Delivery>;
  readonly #repos = new Map<string, Repo<Delivery>>();
  readonly #startedAt: number;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #pending = new Set<Promise<void>>();
  #totalBuffersCreated = 0;
  #failedSends = 0;
  #isClosed = false;

  /**
   * Starts the cleanup, every `sessions.sweepMs`, on a timer that keeps no process alive.
   * @throws {TypeError} when an option has the wrong type.
   * @throws {RangeError} when a number is out of its range.
   */
  constructor(options: MultiClientAudioOptions<Delivery> = {}) {
    checkObject('options', options);
    checkFunctions(options, ['send', 'sizeOf', 'onError']);
    const { send, sizeOf = defaultSize, keepMs = 300_000, onError, sessions = {} } = options;
    checkObject('sessions', sessions);
    const { now = Date.now, onEnd, sweepMs = 60_000 } = sessions;
    this.#keepMs = checkNumber('keepMs', keepMs, 0, Number.POSITIVE_INFINITY);
    checkNumber('sweepMs', sweepMs, 0, longestTimerMs);
    checkFunctions({ onEnd }, ['onEnd']);
    this.#send = send;
    const hooks = new Hooks(onError);
    this.#hooks = hooks;
    this.#sessions = new ClientSessionManager<Delivery>({
      ...sessions,
      sweepMs: 0,
      onError,
      bufferOf: (repoId) => this.latestBuffer(repoId),
      onEnd: (session, why) => {
        const repo = this.#repos.get(repoKey(session.repoId));
        if (repo) repo.usedAt = this.#now();
        return onEnd?.(session, why);
      },
    });
    this.#now = () => hooks.number('now', now) ?? Date.now();
    this.#sizeOf = (delivery) => hooks.number('sizeOf', () => sizeOf(delivery)) ?? 0;
    this.#startedAt = this.#now();
    if (sweepMs === 0) return;
    this.#timer = setInterval(() => this.cleanup(), sweepMs);
    this.#timer.unref();
  }

  /** The sessions, to touch, list and count. */
  get sessions(): ClientSessionManager<Delivery> {
    return this.#sessions;
  }

  /** Makes a session. Throws as {@link ClientSessionManager.createSession} does. */
  createSession(clientId: string, repoId: string): StreamingSession<Delivery> {
    const session = this.#sessions.createSession(clientId, repoId);
    this.#repo(repoId).usedAt = this.#now();
    return session;
  }

  /** Ends a session. @returns false when there is none. */
  removeSession(clientId: string): boolean {
    return this.#sessions.removeSession(clientId);
  }

  /**
   * Makes a delivery the newest of its repository and sends it to everyone who listens. When `send` fails, the delivery
   * is still counted and kept; `onError` and `failedSends` report the failure.
   * @returns the number of sessions.
   * @throws {TypeError} when `repoId` is empty or not text, or `delivery` is undefined.
   * @throws {SessionError} `SESSION_CLOSED` after `close`.
   */
  broadcastBuffer(repoId: string, delivery: Delivery): number {
    checkText('repoId', repoId);
    if (delivery === undefined) throw new TypeError('delivery must not be undefined');
    if (this.#isClosed) throw new SessionError('SESSION_CLOSED', 'The audio manager is closed.');
    const repo = this.#repo(repoId);
    repo.newest = delivery;
    repo.buffersCreated++;
    repo.lastBufferAt = this.#now();
    repo.usedAt = repo.lastBufferAt;
    this.#totalBuffersCreated++;
    const sent = this.#hooks.attempt('send', () => this.#send?.(repoId, delivery, this.#sessions.sessions(repoId)));
    if (sent === false) this.#fail(repo);
    else if (sent !== true) this.#await(sent, repo);
    return this.#sessions.count(repoId);
  }

  /** Waits for every `send` that has not settled yet, for example before the process ends. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  /** The newest delivery of a repository, the same object for everyone; undefined when none is held. */
  latestBuffer(repoId: string): Delivery | undefined {
    return this.#repos.get(repoKey(repoId))?.newest;
  }

  /** Lets go of the newest delivery of a repository; its sessions go on. */
  forget(repoId: string): void {
    const repo = this.#repos.get(repoKey(repoId));
    if (repo) repo.newest = undefined;
  }

  /** The current numbers. The cost grows with the number of repositories. */
  getHealthMetrics(): HealthMetrics {
    const repos = [...this.#repos.values()].map(({ repoId, newest, buffersCreated, failedSends, lastBufferAt }) => ({
      repoId,
      activeSessions: this.#sessions.count(repoId),
      buffersCreated,
      failedSends,
      bufferBytes: newest === undefined ? 0 : this.#sizeOf(newest),
      lastBufferAt,
    }));
    return {
      activeSessions: this.#sessions.size,
      totalBuffersCreated: this.#totalBuffersCreated,
      failedSends: this.#failedSends,
      pendingSends: this.#pending.size,
      memoryUsage: repos.reduce((sum, { bufferBytes }) => sum + bufferBytes, 0),
      uptime: this.#now() - this.#startedAt,
      repos,
    };
  }

  /**
   * Ends stale sessions, and forgets the repositories without a session whose `keepMs` has passed.
   * @returns how many sessions ended.
   */
  cleanup(): number {
    const ended = this.#sessions.sweep();
    const oldest = this.#now() - this.#keepMs;
    for (const [key, repo] of this.#repos) {
      if (this.#sessions.count(repo.repoId) === 0 && repo.usedAt <= oldest) this.#repos.delete(key);
    }
    return ended;
  }

  /** Ends every session and lets go of every delivery. Doing it again does nothing. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#sessions.close();
    this.#repos.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #await(sent: Promise<boolean>, repo: Repo<Delivery>): void {
    const settled = sent.then((isSent) => {
      this.#pending.delete(settled);
      if (!isSent) this.#fail(repo);
    });
    this.#pending.add(settled);
  }

  #fail(repo: Repo<Delivery>): void {
    repo.failedSends++;
    this.#failedSends++;
  }

  #repo(repoId: string): Repo<Delivery> {
    const key = repoKey(repoId);
    const known = this.#repos.get(key);
    if (known) return known;
    const made: Repo<Delivery> = {
      repoId,
      newest: undefined,
      buffersCreated: 0,
      failedSends: 0,
      lastBufferAt: undefined,
      usedAt: this.#now(),
    };
    this.#repos.set(key, made);
    return made;
  }
}

function defaultSize(delivery: unknown): number {
  if (typeof delivery !== 'object' || delivery === null) return 0;
  if ('getChannelData' in delivery && 'length' in delivery && 'numberOfChannels' in delivery) {
    return Number(delivery.length) * Number(delivery.numberOfChannels) * Float32Array.BYTES_PER_ELEMENT;
  }
  return 'byteLength' in delivery ? Number(delivery.byteLength) : 0;
}
