// @bnc/audio-core

import { AudioBufferLike } from "@bnc/contracts";
/** Why a session ended. */
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
/** Options of {@link ClientSessionManager}. */
interface SessionOptions<Delivery = unknown> {
  /** Silence in ms after which a session is stale. Default 300,000 (5 minutes). */
  readonly staleMs?: number;
  /** Time in ms between two sweeps; 0 sweeps only when `sweep` is called. Default 60,000. */
  readonly sweepMs?: number;
  /** Sessions at once. Default 10,000. */
  readonly maxSessions?: number;
  /** Sessions of one repository at once. Default: no limit of its own. */
  readonly maxPerRepo?: number;
  /**
   * Returns when a client last took what was sent to it, in epoch ms, where the connection knows: the later of that and the
   * last `touch` counts. Default: `touch` alone.
   */
  readonly lastActivityOf?: (clientId: string) => number | undefined;
  /** Called for every session that ended, exactly once. */
  readonly onEnd?: (session: StreamingSession<Delivery>, why: SessionEnd) => void;
  /** Returns the newest delivery of a repository. Default: none. */
  readonly bufferOf?: (repoId: string) => Delivery | undefined;
  /** Wall clock in epoch ms. Default `Date.now`. */
  readonly now?: () => number;
}
/** Keeps the sessions of listeners and ends those that show no sign of life. */
export declare class ClientSessionManager<Delivery = unknown> {
  #private;
  /** Starts the sweep, on a timer that keeps no process alive. */
  constructor(options?: SessionOptions<Delivery>);
  /** Number of sessions. */
  get size(): number;
  /**
   * Makes a session.
   * @throws {TypeError} when an id is empty.
   * @throws {SessionError} `SESSION_EXISTS` when the client has one, `SESSION_LIMIT` or `SESSION_REPO_LIMIT` when all
   * sessions are taken, `SESSION_CLOSED` after `close`.
   */
  createSession(clientId: string, repoId: string): StreamingSession<Delivery>;
  /** Notes a sign of life: a write that the client took, or a request. @returns false when there is no such session. */
  touch(clientId: string, at?: number): boolean;
  /** The session of a client. */
  getSession(clientId: string): StreamingSession<Delivery> | undefined;
  /** The sessions of one repository, without regard to case, or all of them: a view, without a copy. */
  sessions(repoId?: string): Iterable<StreamingSession<Delivery>>;
  /** Number of sessions of a repository, in constant time. */
  count(repoId: string): number;
  /** Ends a session. @returns false when there is none. */
  removeSession(clientId: string): boolean;
  /** Ends the sessions that showed no sign of life for `staleMs`. @returns how many. Takes time with the number of sessions. */
  sweep(): number;
  /** Ends every session and the sweep. Doing it again does nothing. */
  close(): void;
  [Symbol.dispose](): void;
}
/** Why a session could not be made or used. */
type SessionErrorCode = "SESSION_EXISTS" | "SESSION_LIMIT" | "SESSION_REPO_LIMIT" | "SESSION_CLOSED";
/** Says why a session could not be made. */
export declare class SessionError extends Error {
  override readonly name = "SessionError";
  /** Stable name of the reason. */
  readonly code: SessionErrorCode;
  constructor(code: SessionErrorCode, message: string, options?: ErrorOptions);
}
/** Options of {@link MultiClientAudioManager}. */
interface MultiClientAudioOptions<Delivery> {
  /**
   * Sends a delivery to the listeners of a repository: to each of `sessions`, or by a hub that knows them. What it throws is
   * thrown by `broadcastBuffer`. Default: nothing is sent.
   */
  readonly send?: (repoId: string, delivery: Delivery, sessions: Iterable<StreamingSession<Delivery>>) => void;
  /** Options of the sessions. */
  readonly sessions?: Omit<SessionOptions<Delivery>, "bufferOf">;
  /** Time in ms after the last session of a repository, or after its newest delivery if that is later, at which `cleanup` lets the delivery go. Default 300,000. */
  readonly keepMs?: number;
  /** Size of a delivery in bytes, for `memoryUsage`. Default: 4 bytes a sample of an `AudioBufferLike`, else `byteLength`, else 0. */
  readonly sizeOf?: (delivery: Delivery) => number;
}
/** Numbers of one repository. */
interface RepoHealth {
  /** `owner/repo` as it was first given. */
  readonly repoId: string;
  /** Sessions now. */
  readonly activeSessions: number;
  /** Deliveries made since the repository was first seen. */
  readonly buffersCreated: number;
  /** Bytes of the newest delivery. */
  readonly bufferBytes: number;
  /** When the newest delivery was made, in epoch ms. */
  readonly lastBufferAt: number | undefined;
}
/** Numbers of the manager. */
interface HealthMetrics {
  /** Sessions now. */
  readonly activeSessions: number;
  /** Deliveries made since the start. */
  readonly totalBuffersCreated: number;
  /** Bytes of the deliveries held: one for each repository, however many sessions it has. */
  readonly memoryUsage: number;
  /** Time since the manager was made, in ms. */
  readonly uptime: number;
  /** Repositories with sessions or a delivery. */
  readonly repos: readonly RepoHealth[];
}
/** The one way out: sends deliveries to everyone who listens to a repository, and keeps its newest one once. */
export declare class MultiClientAudioManager<Delivery = AudioBufferLike> {
  #private;
  /** Starts the cleanup, every `sessions.sweepMs`, on a timer that keeps no process alive. */
  constructor(options?: MultiClientAudioOptions<Delivery>);
  /** The sessions, to touch, list and count. */
  get sessions(): ClientSessionManager<Delivery>;
  /** Makes a session. @throws {SessionError} as {@link ClientSessionManager.createSession} does. */
  createSession(clientId: string, repoId: string): StreamingSession<Delivery>;
  /** Ends a session. @returns false when there is none. */
  removeSession(clientId: string): boolean;
  /**
   * Makes a delivery the newest of its repository and sends it to everyone who listens.
   * What `send` throws is thrown here; the delivery is counted and kept all the same.
   * @returns the number of sessions.
   */
  broadcastBuffer(repoId: string, delivery: Delivery): number;
  /** The newest delivery of a repository; the same object for everyone. */
  latestBuffer(repoId: string): Delivery | undefined;
  /** Lets go of the newest delivery of a repository; its sessions go on. */
  forget(repoId: string): void;
  /** True numbers of now. Takes time with the number of repositories. */
  getHealthMetrics(): HealthMetrics;
  /** Sweeps stale sessions and lets go of deliveries that had no listener for `keepMs`. @returns the sessions ended. */
  cleanup(): number;
  /** Ends every session and lets go of every delivery. Doing it again does nothing. */
  close(): void;
  [Symbol.dispose](): void;
}
export type { HealthMetrics, MultiClientAudioOptions, RepoHealth, SessionEnd, SessionErrorCode, SessionOptions, StreamingSession };
