// @bnc/audio-core

import { AudioBufferLike } from "@bnc/contracts";
/** Why a session ended. */
type SessionEnd = "removed" | "stale" | "disposed";
/** One listener of one repository. */
interface StreamingSession<Clip> {
  /** Name of the client, unique. */
  readonly clientId: string;
  /** `owner/repo` as it was given. */
  readonly repoId: string;
  /** The newest buffer of its repository; the object is shared with every other session of it. */
  readonly audioBuffer: Clip | undefined;
  /** When it was made, in epoch ms. */
  readonly connectedAt: number;
  /** When the client last showed a sign of life, in epoch ms. */
  readonly lastActivity: number;
}
/** Options of {@link ClientSessionManager}. */
interface SessionOptions<Clip> {
  /** Silence in ms after which a session is stale. Default 300,000 (5 minutes). */
  readonly staleMs?: number;
  /** Time in ms between two sweeps; 0 sweeps only when `sweep` is called. Default 60,000. */
  readonly sweepMs?: number;
  /** Sessions at once. Default 10,000. */
  readonly maxSessions?: number;
  /** Sessions of one repository at once. Default: no limit of its own. */
  readonly maxPerRepo?: number;
  /** Hears of every session that ended, exactly once. */
  readonly onEnd?: (session: StreamingSession<Clip>, why: SessionEnd) => void;
  /** Gives the newest buffer of a repository. Default: none. */
  readonly bufferOf?: (repoId: string) => Clip | undefined;
  /** Wall clock in epoch ms. Default `Date.now`. */
  readonly now?: () => number;
}
/** Keeps the sessions of listeners and ends those that show no sign of life. */
export declare class ClientSessionManager<Clip = unknown> {
  #private;
  /** Starts the sweep, on a timer that keeps no process alive. */
  constructor(options?: SessionOptions<Clip>);
  /** Number of sessions. */
  get size(): number;
  /**
   * Makes a session.
   * @throws {TypeError} when an id is empty.
   * @throws {SessionError} `SESSION_EXISTS` when the client has one, `SESSION_LIMIT` or `SESSION_REPO_LIMIT` when there is
   * no room, `SESSION_DISPOSED` after `dispose`.
   */
  createSession(clientId: string, repoId: string): StreamingSession<Clip>;
  /** Notes a sign of life: a write that the client took, or a request. @returns false when there is no such session. */
  touch(clientId: string, at?: number): boolean;
  /** The session of a client. */
  getSession(clientId: string): StreamingSession<Clip> | undefined;
  /** The sessions of one repository, without regard to case, or all of them. */
  sessions(repoId?: string): StreamingSession<Clip>[];
  /** Number of sessions of a repository, in constant time. */
  count(repoId: string): number;
  /** Ends a session. @returns false when there is none. */
  removeSession(clientId: string): boolean;
  /** Ends the sessions that showed no sign of life for `staleMs`. @returns how many. Takes time with the number of sessions. */
  sweep(): number;
  /** Ends every session and the sweep. Doing it again does nothing. */
  dispose(): void;
  [Symbol.dispose](): void;
}
/** Why a session could not be made or used. */
type SessionErrorCode = "SESSION_EXISTS" | "SESSION_LIMIT" | "SESSION_REPO_LIMIT" | "SESSION_DISPOSED";
/** Says why a session could not be made. */
export declare class SessionError extends Error {
  override readonly name = "SessionError";
  /** Stable name of the reason. */
  readonly code: SessionErrorCode;
  constructor(code: SessionErrorCode, message: string, options?: ErrorOptions);
}
/** Options of {@link MultiClientAudioManager}. */
interface MultiClientAudioOptions<Clip> {
  /** Hands a buffer to one session. What it throws is counted and does not keep the buffer from the others. */
  readonly deliver?: (session: StreamingSession<Clip>, clip: Clip) => void;
  /** Options of the sessions. */
  readonly sessions?: Omit<SessionOptions<Clip>, "bufferOf">;
  /** Time in ms after the last session of a repository, or after its newest buffer if that is later, at which `cleanup` lets the buffer go. Default 300,000. */
  readonly keepMs?: number;
  /** Size of a buffer in bytes, for `memoryUsage`. Default: 4 bytes a sample of an `AudioBufferLike`, else `byteLength`, else 0. */
  readonly sizeOf?: (clip: Clip) => number;
}
/** Numbers of one repository. */
interface RepoHealth {
  /** `owner/repo` as it was first given. */
  readonly repoId: string;
  /** Sessions now. */
  readonly activeSessions: number;
  /** Buffers broadcast since the repository was first seen. */
  readonly buffersCreated: number;
  /** Bytes of the newest buffer. */
  readonly bufferBytes: number;
  /** When the newest buffer came, in epoch ms. */
  readonly lastBufferAt: number | undefined;
}
/** Numbers of the manager. */
interface HealthMetrics {
  /** Sessions now. */
  readonly activeSessions: number;
  /** Buffers broadcast since the start. */
  readonly totalBuffersCreated: number;
  /** Bytes of the buffers held: one for each repository, however many sessions it has. */
  readonly memoryUsage: number;
  /** Time since the manager was made, in ms. */
  readonly uptime: number;
  /** Deliveries that threw. */
  readonly failedDeliveries: number;
  /** Repositories with sessions or a buffer. */
  readonly repos: readonly RepoHealth[];
}
/** Keeps the newest buffer of each repository once, and hands it to everyone who listens. */
export declare class MultiClientAudioManager<Clip = AudioBufferLike> {
  #private;
  /** Starts the cleanup, every `sessions.sweepMs`, on a timer that keeps no process alive. */
  constructor(options?: MultiClientAudioOptions<Clip>);
  /** The sessions, to touch, list and count. */
  get sessions(): ClientSessionManager<Clip>;
  /** Makes a session. @throws {SessionError} as {@link ClientSessionManager.createSession} does. */
  createSession(clientId: string, repoId: string): StreamingSession<Clip>;
  /** Ends a session. @returns false when there is none. */
  removeSession(clientId: string): boolean;
  /** Makes a buffer the newest of its repository and hands it to every session of it. @returns the number of sessions reached. */
  broadcastBuffer(repoId: string, clip: Clip): number;
  /** The newest buffer of a repository; the same object for everyone. */
  latestBuffer(repoId: string): Clip | undefined;
  /** True numbers of now. Takes time with the number of repositories. */
  getHealthMetrics(): HealthMetrics;
  /** Sweeps stale sessions and lets go of buffers that nobody has listened to for `keepMs`. @returns the sessions ended. */
  cleanup(): number;
  /** Ends every session and lets go of every buffer. Doing it again does nothing. */
  dispose(): void;
  [Symbol.dispose](): void;
}
export type { HealthMetrics, MultiClientAudioOptions, RepoHealth, SessionEnd, SessionErrorCode, SessionOptions, StreamingSession };
