import type { AudioBufferLike } from '@bnc/contracts';
import { ClientSessionManager, repoKey, type SessionOptions, type StreamingSession } from './client-session-manager.ts';

/** Options of {@link MultiClientAudioManager}. */
export interface MultiClientAudioOptions<Delivery> {
  /**
   * Sends a delivery to the listeners of a repository: to each of `sessions`, or by a hub that knows them. What it throws is
   * thrown by `broadcastBuffer`. Default: nothing is sent.
   */
  readonly send?: (repoId: string, delivery: Delivery, sessions: Iterable<StreamingSession<Delivery>>) => void;
  /** Options of the sessions. */
  readonly sessions?: Omit<SessionOptions<Delivery>, 'bufferOf'>;
  /** Time in ms after the last session of a repository, or after its newest delivery if that is later, at which `cleanup` lets the delivery go. Default 300,000. */
  readonly keepMs?: number;
  /** Size of a delivery in bytes, for `memoryUsage`. Default: 4 bytes a sample of an `AudioBufferLike`, else `byteLength`, else 0. */
  readonly sizeOf?: (delivery: Delivery) => number;
}

/** Numbers of one repository. */
export interface RepoHealth {
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
export interface HealthMetrics {
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

interface Repo<Delivery> {
  readonly repoId: string;
  newest: Delivery | undefined;
  buffersCreated: number;
  lastBufferAt: number | undefined;
  usedAt: number;
}

/** The one way out: sends deliveries to everyone who listens to a repository, and keeps its newest one once. */
export class MultiClientAudioManager<Delivery = AudioBufferLike> {
  readonly #options: MultiClientAudioOptions<Delivery>;
  readonly #now: () => number;
  readonly #sessions: ClientSessionManager<Delivery>;
  readonly #repos = new Map<string, Repo<Delivery>>();
  readonly #startedAt: number;
  readonly #timer: NodeJS.Timeout | undefined;
  #totalBuffersCreated = 0;

  /** Starts the cleanup, every `sessions.sweepMs`, on a timer that keeps no process alive. */
  constructor(options: MultiClientAudioOptions<Delivery> = {}) {
    this.#options = options;
    this.#now = options.sessions?.now ?? Date.now;
    this.#startedAt = this.#now();
    this.#sessions = new ClientSessionManager<Delivery>({
      ...options.sessions,
      sweepMs: 0,
      bufferOf: (repoId) => this.latestBuffer(repoId),
      onEnd: (session, why) => {
        const repo = this.#repos.get(repoKey(session.repoId));
        if (repo) repo.usedAt = this.#now();
        options.sessions?.onEnd?.(session, why);
      },
    });
    const { sweepMs = 60_000 } = options.sessions ?? {};
    if (sweepMs === 0) return;
    this.#timer = setInterval(() => this.cleanup(), sweepMs);
    this.#timer.unref();
  }

  /** The sessions, to touch, list and count. */
  get sessions(): ClientSessionManager<Delivery> {
    return this.#sessions;
  }

  /** Makes a session. @throws {SessionError} as {@link ClientSessionManager.createSession} does. */
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
   * Makes a delivery the newest of its repository and sends it to everyone who listens.
   * What `send` throws is thrown here; the delivery is counted and kept all the same.
   * @returns the number of sessions.
   */
  broadcastBuffer(repoId: string, delivery: Delivery): number {
    const repo = this.#repo(repoId);
    repo.newest = delivery;
    repo.buffersCreated++;
    repo.lastBufferAt = this.#now();
    repo.usedAt = repo.lastBufferAt;
    this.#totalBuffersCreated++;
    this.#options.send?.(repoId, delivery, this.#sessions.sessions(repoId));
    return this.#sessions.count(repoId);
  }

  /** The newest delivery of a repository; the same object for everyone. */
  latestBuffer(repoId: string): Delivery | undefined {
    return this.#repos.get(repoKey(repoId))?.newest;
  }

  /** Lets go of the newest delivery of a repository; its sessions go on. */
  forget(repoId: string): void {
    const repo = this.#repos.get(repoKey(repoId));
    if (repo) repo.newest = undefined;
  }

  /** True numbers of now. Takes time with the number of repositories. */
  getHealthMetrics(): HealthMetrics {
    const { sizeOf = defaultSize } = this.#options;
    const repos = [...this.#repos.values()].map(({ repoId, newest, buffersCreated, lastBufferAt }) => ({
      repoId,
      activeSessions: this.#sessions.count(repoId),
      buffersCreated,
      bufferBytes: newest === undefined ? 0 : sizeOf(newest),
      lastBufferAt,
    }));
    return {
      activeSessions: this.#sessions.size,
      totalBuffersCreated: this.#totalBuffersCreated,
      memoryUsage: repos.reduce((sum, { bufferBytes }) => sum + bufferBytes, 0),
      uptime: this.#now() - this.#startedAt,
      repos,
    };
  }

  /** Sweeps stale sessions and lets go of deliveries that had no listener for `keepMs`. @returns the sessions ended. */
  cleanup(): number {
    const ended = this.#sessions.sweep();
    const { keepMs = 300_000 } = this.#options;
    const oldest = this.#now() - keepMs;
    for (const [key, repo] of this.#repos) {
      if (this.#sessions.count(repo.repoId) === 0 && repo.usedAt <= oldest) this.#repos.delete(key);
    }
    return ended;
  }

  /** Ends every session and lets go of every delivery. Doing it again does nothing. */
  close(): void {
    clearInterval(this.#timer);
    this.#sessions.close();
    this.#repos.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #repo(repoId: string): Repo<Delivery> {
    const key = repoKey(repoId);
    const known = this.#repos.get(key);
    if (known) return known;
    const made: Repo<Delivery> = {
      repoId,
      newest: undefined,
      buffersCreated: 0,
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
