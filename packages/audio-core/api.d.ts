// @bnc/audio-core

import { AudioBufferLike } from "@bnc/contracts";
/** The caller's functions that a manager calls. */
type SessionHook = "send" | "onEnd" | "lastActivityOf" | "bufferOf" | "sizeOf" | "now" | "onError";
/** Called with what a hook threw or rejected with, and the name of the hook. */
type OnHookError = (error: unknown, hook: SessionHook) => unknown;
/** Why a session ended: by `removeSession`, because the client showed no sign of life for `staleMs`, or by `close`. */
type SessionEnd = "removed" | "stale" | "closed";
/** One listener of one repository. */
interface StreamingSession<Delivery = unknown> {
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
interface SessionOptions<Delivery = unknown> {
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
/** Keeps the sessions of listeners and ends those that show no sign of life. */
export declare class ClientSessionManager<Delivery = unknown> {
  #private;
  /**
   * Starts the sweep, on a timer that keeps no process alive.
   * @throws {TypeError} when an option has the wrong type.
   * @throws {RangeError} when a number is out of its range.
   */
  constructor(options?: SessionOptions<Delivery>);
  /** Number of sessions. */
  get size(): number;
  /**
   * Makes a session.
   * @throws {TypeError} when an id is empty or not text.
   * @throws {SessionError} `SESSION_EXISTS` when the client already has one, `SESSION_LIMIT` or `SESSION_REPO_LIMIT`
   * when all sessions are taken, `SESSION_CLOSED` after `close`.
   */
  createSession(clientId: string, repoId: string): StreamingSession<Delivery>;
  /**
   * Notes a sign of life: a write that the client took, or a request. `at` is in epoch ms; default: now.
   * @returns false when there is no such session.
   * @throws {TypeError} when `at` is not a number.
   * @throws {RangeError} when `at` is not finite.
   */
  touch(clientId: string, at?: number): boolean;
  /** The session of a client; undefined when there is none. */
  getSession(clientId: string): StreamingSession<Delivery> | undefined;
  /** The sessions of one repository, without regard to case, or all of them: a live view, not a copy. */
  sessions(repoId?: string): Iterable<StreamingSession<Delivery>>;
  /** Number of sessions of a repository, in constant time. */
  count(repoId: string): number;
  /** Ends a session. @returns false when there is none. */
  removeSession(clientId: string): boolean;
  /**
   * Ends the sessions that showed no sign of life for `staleMs`. The cost grows with the number of sessions.
   * @returns how many sessions ended.
   */
  sweep(): number;
  /** Ends every session and stops the sweep. Doing it again does nothing. */
  close(): void;
  [Symbol.dispose](): void;
}
/** Why a session could not be made, or a delivery could not be sent. */
type SessionErrorCode = "SESSION_EXISTS" | "SESSION_LIMIT" | "SESSION_REPO_LIMIT" | "SESSION_CLOSED";
/** Says why a session could not be made, or a delivery could not be sent. */
export declare class SessionError extends Error {
  override readonly name = "SessionError";
  /** Stable name of the reason. */
  readonly code: SessionErrorCode;
  constructor(code: SessionErrorCode, message: string, options?: ErrorOptions);
}
/** Options of {@link MultiClientAudioManager}. An option that is `undefined` has its default. */
interface MultiClientAudioOptions<Delivery> {
  /**
   * Sends a delivery to the listeners of a repository: to each of `sessions`, a live view, or through a hub that knows
   * them. A call that throws, or returns a promise that is rejected, counts as failed. Default: nothing is sent.
   */
  readonly send?: ((repoId: string, delivery: Delivery, sessions: Iterable<StreamingSession<Delivery>>) => unknown) | undefined;
  /** Options of the sessions; `sweepMs` is also how often `cleanup` runs. */
  readonly sessions?: Omit<SessionOptions<Delivery>, "bufferOf" | "onError"> | undefined;
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
interface RepoHealth {
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
interface HealthMetrics {
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
/** Sends deliveries to everyone who listens to a repository, and holds its newest delivery once for all of them. */
export declare class MultiClientAudioManager<Delivery = AudioBufferLike> {
  #private;
  /**
   * Starts the cleanup, every `sessions.sweepMs`, on a timer that keeps no process alive.
   * @throws {TypeError} when an option has the wrong type.
   * @throws {RangeError} when a number is out of its range.
   */
  constructor(options?: MultiClientAudioOptions<Delivery>);
  /** The sessions, to touch, list and count. */
  get sessions(): ClientSessionManager<Delivery>;
  /** Makes a session. Throws as {@link ClientSessionManager.createSession} does. */
  createSession(clientId: string, repoId: string): StreamingSession<Delivery>;
  /** Ends a session. @returns false when there is none. */
  removeSession(clientId: string): boolean;
  /**
   * Makes a delivery the newest of its repository and sends it to everyone who listens. When `send` fails, the delivery
   * is still counted and kept; `onError` and `failedSends` report the failure.
   * @returns the number of sessions.
   * @throws {TypeError} when `repoId` is empty or not text, or `delivery` is undefined.
   * @throws {SessionError} `SESSION_CLOSED` after `close`.
   */
  broadcastBuffer(repoId: string, delivery: Delivery): number;
  /** Waits for every `send` that has not settled yet, for example before the process ends. */
  settled(): Promise<void>;
  /** The newest delivery of a repository, the same object for everyone; undefined when none is held. */
  latestBuffer(repoId: string): Delivery | undefined;
  /** Lets go of the newest delivery of a repository; its sessions go on. */
  forget(repoId: string): void;
  /** The current numbers. The cost grows with the number of repositories. */
  getHealthMetrics(): HealthMetrics;
  /**
   * Ends stale sessions, and forgets the repositories without a session whose `keepMs` has passed.
   * @returns how many sessions ended.
   */
  cleanup(): number;
  /** Ends every session and lets go of every delivery. Doing it again does nothing. */
  close(): void;
  [Symbol.dispose](): void;
}
export type { HealthMetrics, MultiClientAudioOptions, OnHookError, RepoHealth, SessionEnd, SessionErrorCode, SessionHook, SessionOptions, StreamingSession };
