import { checkCount, checkFunctions, checkNumber, checkObject, checkText, longestTimerMs } from './check.ts';
import { SessionError } from './errors.ts';
import { Hooks, type OnHookError } from './hooks.ts';

/** Why a session ended: by `removeSession`, because the client showed no sign of life for `staleMs`, or by `close`. */
export type SessionEnd = 'removed' | 'stale' | 'closed';

/** One listener of one repository. */
export interface StreamingSession<Delivery = unknown> {
  /** Name of the client, unique. */
  readonly clientId: string;
  /** `owner/repo` as it was given. */
  readonly repoId: string;
  /** The newest delivery of its repository; every session of the repository shares the object. */
  readonly audioBuffer: Delivery | undefined;
  /** When it was made, in epoch ms. */
  readonly connectedAt: number;
  /** When the client last showed a sign of life, in epoch ms. */
  readonly lastActivity: number;
}

/** Options of {@link ClientSessionManager}. An option that is `undefined` has its default. */
export interface SessionOptions<Delivery = unknown> {
  /** Silence in ms, 0 or more, after which a session is stale; `Infinity`: never. Default 300,000 (5 minutes). */
  readonly staleMs?: number | undefined;
  /** Time in ms between two sweeps, up to 2^31 - 1; 0 sweeps only when `sweep` is called. Default 60,000. */
  readonly sweepMs?: number | undefined;
  /** Most sessions at once, 1 or more; `Infinity` for no limit. Default 10,000. */
  readonly maxSessions?: number | undefined;
  /** Most sessions of one repository at once, 1 or more. Default: no limit of its own. */
  readonly maxPerRepo?: number | undefined;
  /**
   * Returns when a client last took what was sent to it, in epoch ms, if the connection knows; the later of this and
   * the last `touch` counts. Default: `touch` alone.
   */
  readonly lastActivityOf?: ((clientId: string) => number | undefined) | undefined;
  /** Called for every session that ended, exactly once. */
  readonly onEnd?: ((session: StreamingSession<Delivery>, why: SessionEnd) => unknown) | undefined;
  /** Returns the newest delivery of a repository. Default: none. */
  readonly bufferOf?: ((repoId: string) => Delivery | undefined) | undefined;
  /** Wall clock in epoch ms. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  /**
   * Called with what a hook throws or rejects with, and the name of the hook. Default: a process warning, once per
   * hook.
   */
  readonly onError?: OnHookError | undefined;
}

/** A repository id as it is compared: GitHub ignores case. */
export function repoKey(repoId: string): string {
  return repoId.toLowerCase();
}

/** What a session asks of its manager. */
interface SessionPort<Delivery> {
  lastActivityOf(clientId: string): number | undefined;
  bufferOf(repoId: string): Delivery | undefined;
}

class Session<Delivery> implements StreamingSession<Delivery> {
  readonly clientId: string;
  readonly repoId: string;
  readonly connectedAt: number;
  /** When it was touched last, in epoch ms. */
  touchedAt: number;
  readonly #port: SessionPort<Delivery>;

  constructor(clientId: string, repoId: string, now: number, port: SessionPort<Delivery>) {
    this.clientId = clientId;
    this.repoId = repoId;
    this.connectedAt = now;
    this.touchedAt = now;
    this.#port = port;
  }

  get lastActivity(): number {
    return Math.max(this.touchedAt, this.#port.lastActivityOf(this.clientId) ?? 0);
  }

  get audioBuffer(): Delivery | undefined {
    return this.#port.bufferOf(this.repoId);
  }
}

/** Keeps the sessions of listeners and ends those that show no sign of life. */
export class ClientSessionManager<Delivery = unknown> {
  readonly #hooks: Hooks;
  readonly #onEnd: SessionOptions<Delivery>['onEnd'];
  readonly #now: () => number;
  readonly #port: SessionPort<Delivery>;
  readonly #staleMs: number;
  readonly #maxSessions: number;
  readonly #maxPerRepo: number;
  readonly #sessions = new Map<string, Session<Delivery>>();
  readonly #byRepo = new Map<string, Map<string, Session<Delivery>>>();
  readonly #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /**
   * Starts the sweep, on a timer that keeps no process alive.
   * @throws {TypeError} when an option has the wrong type.
   * @throws {RangeError} when a number is out of its range.
   */
  constructor(options: SessionOptions<Delivery> = {}) {
    checkObject('options', options);
    checkFunctions(options, ['lastActivityOf', 'onEnd', 'bufferOf', 'now', 'onError']);
    const { lastActivityOf, bufferOf, now = Date.now, staleMs = 300_000, sweepMs = 60_000 } = options;
    const { maxSessions = 10_000, maxPerRepo = Number.POSITIVE_INFINITY } = options;
    this.#staleMs = checkNumber('staleMs', staleMs, 0, Number.POSITIVE_INFINITY);
    this.#maxSessions = checkCount('maxSessions', maxSessions);
    this.#maxPerRepo = checkCount('maxPerRepo', maxPerRepo);
    checkNumber('sweepMs', sweepMs, 0, longestTimerMs);
    const hooks = new Hooks(options.onError);
    this.#hooks = hooks;
    this.#onEnd = options.onEnd;
    this.#now = () => hooks.number('now', now) ?? Date.now();
    this.#port = {
      lastActivityOf: (clientId) => hooks.number('lastActivityOf', () => lastActivityOf?.(clientId)),
      bufferOf: (repoId) => hooks.run('bufferOf', () => bufferOf?.(repoId)),
    };
    if (sweepMs > 0) {
      this.#timer = setInterval(() => this.sweep(), sweepMs);
      this.#timer.unref();
    }
  }

  /** Number of sessions. */
  get size(): number {
    return this.#sessions.size;
  }

  /**
   * Makes a session.
   * @throws {TypeError} when an id is empty or not text.
   * @throws {SessionError} `SESSION_EXISTS` when the client already has one, `SESSION_LIMIT` or `SESSION_REPO_LIMIT`
   * when all sessions are taken, `SESSION_CLOSED` after `close`.
   */
  createSession(clientId: string, repoId: string): StreamingSession<Delivery> {
    checkText('clientId', clientId);
    checkText('repoId', repoId);
    if (this.#isClosed) throw new SessionError('SESSION_CLOSED', 'The session manager is closed.');
    if (this.#sessions.has(clientId)) {
      throw new SessionError('SESSION_EXISTS', `Client ${clientId} has a session: remove it first.`);
    }
    if (this.#sessions.size >= this.#maxSessions) {
      throw new SessionError('SESSION_LIMIT', `All ${this.#maxSessions} sessions are taken: try again later.`);
    }
    const key = repoKey(repoId);
    const ofRepo = this.#byRepo.get(key) ?? new Map<string, Session<Delivery>>();
    if (ofRepo.size >= this.#maxPerRepo) {
      throw new SessionError(
        'SESSION_REPO_LIMIT',
        `All ${this.#maxPerRepo} sessions of ${repoId} are taken: try again later.`,
      );
    }
    const session = new Session(clientId, repoId, this.#now(), this.#port);
    this.#sessions.set(clientId, session);
    this.#byRepo.set(key, ofRepo.set(clientId, session));
    return session;
  }

  /**
   * Notes a sign of life: a write that the client took, or a request. `at` is in epoch ms; default: now.
   * @returns false when there is no such session.
   * @throws {TypeError} when `at` is not a number.
   * @throws {RangeError} when `at` is not finite.
   */
  touch(clientId: string, at: number = this.#now()): boolean {
    checkNumber('at', at, -Number.MAX_VALUE, Number.MAX_VALUE);
    const session = this.#sessions.get(clientId);
    if (session) session.touchedAt = Math.max(session.touchedAt, at);
    return session !== undefined;
  }

  /** The session of a client; undefined when there is none. */
  getSession(clientId: string): StreamingSession<Delivery> | undefined {
    return this.#sessions.get(clientId);
  }

  /** The sessions of one repository, without regard to case, or all of them: a live view, not a copy. */
  sessions(repoId?: string): Iterable<StreamingSession<Delivery>> {
    if (repoId === undefined) return this.#sessions.values();
    return this.#byRepo.get(repoKey(repoId))?.values() ?? [];
  }

  /** Number of sessions of a repository, in constant time. */
  count(repoId: string): number {
    return this.#byRepo.get(repoKey(repoId))?.size ?? 0;
  }

  /** Ends a session. @returns false when there is none. */
  removeSession(clientId: string): boolean {
    return this.#end(clientId, 'removed');
  }

  /**
   * Ends the sessions that showed no sign of life for `staleMs`. The cost grows with the number of sessions.
   * @returns how many sessions ended.
   */
  sweep(): number {
    const oldest = this.#now() - this.#staleMs;
    let ended = 0;
    for (const [clientId, session] of this.#sessions) {
      if (session.lastActivity <= oldest && this.#end(clientId, 'stale')) ended++;
    }
    return ended;
  }

  /** Ends every session and stops the sweep. Doing it again does nothing. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const clientId of this.#sessions.keys()) this.#end(clientId, 'closed');
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #end(clientId: string, why: SessionEnd): boolean {
    const session = this.#sessions.get(clientId);
    if (!session) return false;
    this.#sessions.delete(clientId);
    const key = repoKey(session.repoId);
    const ofRepo = this.#byRepo.get(key);
    ofRepo?.delete(clientId);
    if (ofRepo?.size === 0) this.#byRepo.delete(key);
    this.#hooks.run('onEnd', () => this.#onEnd?.(session, why));
    return true;
  }
}
