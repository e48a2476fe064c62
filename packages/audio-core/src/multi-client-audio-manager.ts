import type { AudioBufferLike } from '@bnc/contracts';
import { ClientSessionManager, repoKey, type SessionOptions, type StreamingSession } from './client-session-manager.ts';

/** Options of {@link MultiClientAudioManager}. */
export interface MultiClientAudioOptions<Clip> {
  /** Hands a buffer to one session. What it throws is counted and does not keep the buffer from the others. */
  readonly deliver?: (session: StreamingSession<Clip>, clip: Clip) => void;
  /** Options of the sessions. */
  readonly sessions?: Omit<SessionOptions<Clip>, 'bufferOf'>;
  /** Time in ms after the last session of a repository, or after its newest buffer if that is later, at which `cleanup` lets the buffer go. Default 300,000. */
  readonly keepMs?: number;
  /** Size of a buffer in bytes, for `memoryUsage`. Default: 4 bytes a sample of an `AudioBufferLike`, else `byteLength`, else 0. */
  readonly sizeOf?: (clip: Clip) => number;
}

/** Numbers of one repository. */
export interface RepoHealth {
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
export interface HealthMetrics {
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

interface Room<Clip> {
  readonly repoId: string;
  clip: Clip | undefined;
  bytes: number;
  buffersCreated: number;
  lastBufferAt: number | undefined;
  usedAt: number;
}

/** Keeps the newest buffer of each repository once, and hands it to everyone who listens. */
export class MultiClientAudioManager<Clip = AudioBufferLike> {
  readonly #options: MultiClientAudioOptions<Clip>;
  readonly #now: () => number;
  readonly #sessions: ClientSessionManager<Clip>;
  readonly #rooms = new Map<string, Room<Clip>>();
  readonly #startedAt: number;
  readonly #timer: NodeJS.Timeout | undefined;
  #totalBuffersCreated = 0;
  #failedDeliveries = 0;

  /** Starts the cleanup, every `sessions.sweepMs`, on a timer that keeps no process alive. */
  constructor(options: MultiClientAudioOptions<Clip> = {}) {
    this.#options = options;
    this.#now = options.sessions?.now ?? Date.now;
    this.#startedAt = this.#now();
    this.#sessions = new ClientSessionManager<Clip>({
      ...options.sessions,
      sweepMs: 0,
      bufferOf: (repoId) => this.latestBuffer(repoId),
      onEnd: (session, why) => {
        const room = this.#rooms.get(repoKey(session.repoId));
        if (room) room.usedAt = this.#now();
        options.sessions?.onEnd?.(session, why);
      },
    });
    const { sweepMs = 60_000 } = options.sessions ?? {};
    if (sweepMs === 0) return;
    this.#timer = setInterval(() => this.cleanup(), sweepMs);
    this.#timer.unref();
  }

  /** The sessions, to touch, list and count. */
  get sessions(): ClientSessionManager<Clip> {
    return this.#sessions;
  }

  /** Makes a session. @throws {SessionError} as {@link ClientSessionManager.createSession} does. */
  createSession(clientId: string, repoId: string): StreamingSession<Clip> {
    const session = this.#sessions.createSession(clientId, repoId);
    this.#room(repoId).usedAt = this.#now();
    return session;
  }

  /** Ends a session. @returns false when there is none. */
  removeSession(clientId: string): boolean {
    return this.#sessions.removeSession(clientId);
  }

  /** Makes a buffer the newest of its repository and hands it to every session of it. @returns the number of sessions reached. */
  broadcastBuffer(repoId: string, clip: Clip): number {
    const { deliver, sizeOf = defaultSize } = this.#options;
    const room = this.#room(repoId);
    room.clip = clip;
    room.bytes = sizeOf(clip);
    room.buffersCreated++;
    room.lastBufferAt = this.#now();
    room.usedAt = room.lastBufferAt;
    this.#totalBuffersCreated++;
    let reached = 0;
    for (const session of this.#sessions.sessions(repoId)) {
      try {
        deliver?.(session, clip);
        reached++;
      } catch {
        this.#failedDeliveries++;
      }
    }
    return reached;
  }

  /** The newest buffer of a repository; the same object for everyone. */
  latestBuffer(repoId: string): Clip | undefined {
    return this.#rooms.get(repoKey(repoId))?.clip;
  }

  /** True numbers of now. Takes time with the number of repositories. */
  getHealthMetrics(): HealthMetrics {
    const repos = [...this.#rooms.values()].map(({ repoId, buffersCreated, bytes, lastBufferAt }) => ({
      repoId,
      activeSessions: this.#sessions.count(repoId),
      buffersCreated,
      bufferBytes: bytes,
      lastBufferAt,
    }));
    return {
      activeSessions: this.#sessions.size,
      totalBuffersCreated: this.#totalBuffersCreated,
      memoryUsage: repos.reduce((sum, { bufferBytes }) => sum + bufferBytes, 0),
      uptime: this.#now() - this.#startedAt,
      failedDeliveries: this.#failedDeliveries,
      repos,
    };
  }

  /** Sweeps stale sessions and lets go of buffers that nobody has listened to for `keepMs`. @returns the sessions ended. */
  cleanup(): number {
    const ended = this.#sessions.sweep();
    const { keepMs = 300_000 } = this.#options;
    const oldest = this.#now() - keepMs;
    for (const [key, room] of this.#rooms) {
      if (this.#sessions.count(room.repoId) === 0 && room.usedAt <= oldest) this.#rooms.delete(key);
    }
    return ended;
  }

  /** Ends every session and lets go of every buffer. Doing it again does nothing. */
  dispose(): void {
    clearInterval(this.#timer);
    this.#sessions.dispose();
    this.#rooms.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #room(repoId: string): Room<Clip> {
    const key = repoKey(repoId);
    const known = this.#rooms.get(key);
    if (known) return known;
    const made: Room<Clip> = {
      repoId,
      clip: undefined,
      bytes: 0,
      buffersCreated: 0,
      lastBufferAt: undefined,
      usedAt: this.#now(),
    };
    this.#rooms.set(key, made);
    return made;
  }
}

function isAudioBuffer(clip: unknown): clip is AudioBufferLike {
  return typeof clip === 'object' && clip !== null && 'getChannelData' in clip;
}

function defaultSize(clip: unknown): number {
  if (isAudioBuffer(clip)) return clip.length * clip.numberOfChannels * Float32Array.BYTES_PER_ELEMENT;
  if (typeof clip === 'object' && clip !== null && 'byteLength' in clip) return Number(clip.byteLength);
  return 0;
}
