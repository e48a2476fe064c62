import type { MultiClientAudioManager } from '@bnc/audio-core';
import type { AudioRendered, BusEvents, MusicGenerated, RenderFailed, RenderWanted, StreamData } from '@bnc/contracts';
import type { BusEvent, EventBus } from '@bnc/event-bus';
import type { SSEConnection, SSEManager } from '@bnc/sse';
import type { Clip, ClipMaker } from './clip-maker.ts';
import { roomOf } from './repository-access.ts';
import type { RoomGrid } from './room-grid.ts';
import { isStreamFormat, type StreamFormat } from './stream-format.ts';
import { message } from './stream-message.ts';

/** A phrase older than this is history: somebody who comes later starts with the next one. */
const catchUpMs = 60 * 60 * 1000;

/** Rooms whose newest phrase is kept for those who come later. */
const maxRooms = 1000;

/** How often sessions learn when their client last took what was sent. */
const touchMs = 15_000;

/** The newest phrase of a room. */
interface Latest extends RenderWanted {
  /** When it starts; absent until it has been rendered. */
  readonly startAt?: number;
  /** Rendering has been asked for, so that everybody in the room will be sent it. */
  isWanted: boolean;
  /** It was sent to the room by this process, so that the hub replays it to those who come back. */
  isSent?: boolean;
}

const formatOf = (variant: string): StreamFormat => (isStreamFormat(variant) ? variant : 'json');

/** Writes a message without parsing or copying the clip's text, which may be megabytes. */
const messageText = (phrase: MusicGenerated, startAt: number, buffer: string): string => {
  const data: Omit<StreamData['audio_buffer'], 'buffer'> = {
    params: phrase.musicalParams,
    repoId: phrase.repoId,
    startAt,
    activity: phrase.activity,
    reasons: phrase.reasons,
    speaksFor: phrase.deliveryIds.length,
  };
  return `{"type":"audio_buffer","timestamp":${Date.now()},"data":{"buffer":${buffer},${JSON.stringify(data).slice(1)}}`;
};

/** What `StreamingService` works with. */
export interface StreamingServiceOptions {
  readonly bus: EventBus<BusEvents>;
  readonly clips: ClipMaker;
  readonly audio: MultiClientAudioManager;
  readonly sse: SSEManager;
  readonly grid: RoomGrid;
  /** Gets every phrase that could not be rendered. */
  onError(error: unknown, phrase: MusicGenerated): void;
}

/**
 * Turns `music:generated` into sound for everyone who listens. Where somebody listens, rendering is asked for; one
 * server renders, keeps the clip and says so; every server sends it to its own listeners.
 */
export class StreamingService {
  readonly #options: StreamingServiceOptions;
  readonly #latest = new Map<string, Latest>();
  readonly #disposed = new AbortController();
  readonly #touching: NodeJS.Timeout;

  constructor(options: StreamingServiceOptions) {
    this.#options = options;
    this.#touching = setInterval(() => {
      for (const { clientId, lastActivity } of options.sse.connections())
        options.audio.sessions.touch(clientId, lastActivity);
    }, touchMs).unref();
  }

  /** Notes that a client listens to a repository. */
  createClientSession(clientId: string, repoId: string): void {
    this.#options.audio.createSession(clientId, repoId);
  }

  /** Forgets a client. */
  disposeClientSession(clientId: string): void {
    this.#options.audio.removeSession(clientId);
  }

  /** Tells whether anybody listens to a repository on this server. */
  isHeard(repoId: string): boolean {
    return this.#options.sse.count(roomOf(repoId)) > 0;
  }

  /** Takes a phrase from before a restart, as the bus tells it: nothing is rendered or sent before somebody comes. */
  restore({ id, topic, payload }: Pick<BusEvent, 'id' | 'topic' | 'payload'>): void {
    if (topic === 'music:generated')
      this.#remember({ phraseId: id, phrase: payload as MusicGenerated, isWanted: false });
    if (topic === 'audio:rendered') this.#rendered(payload as AudioRendered);
  }

  /** Takes a new phrase: asks for its sound where somebody listens, else keeps it for the next one who comes. */
  async handleMusicGenerated({ id, payload }: Pick<BusEvent<string, MusicGenerated>, 'id' | 'payload'>): Promise<void> {
    const latest: Latest = { phraseId: id, phrase: payload, isWanted: false };
    this.#remember(latest);
    if (this.isHeard(payload.repoId)) await this.#want(latest);
  }

  /** Renders a phrase, once for all servers. A failure is told to the room and thrown, so that the bus tries again. */
  async handleRenderWanted({ phraseId, phrase }: RenderWanted): Promise<void> {
    const { bus, grid } = this.#options;
    const clip = await this.#clipOf(phrase);
    const startAt = grid.start(roomOf(phrase.repoId), phrase.musicalParams.duration * 1000);
    await bus.publish(
      'audio:rendered',
      { phraseId, phrase, clipKey: clip.key, startAt },
      { dedupeId: `rendered:${phraseId}` },
    );
  }

  /** Sends a rendered phrase to everyone who listens on this server. */
  async handleAudioRendered(rendered: AudioRendered): Promise<void> {
    const { phrase, startAt } = rendered;
    const { audio, sse } = this.#options;
    const room = roomOf(phrase.repoId);
    this.#rendered(rendered);
    if (!this.isHeard(phrase.repoId)) return;
    const clip = await this.#clipOf(phrase);
    audio.broadcastBuffer(phrase.repoId, clip.buffer);
    sse.broadcast(room, { data: (variant) => messageText(phrase, startAt, clip.form(formatOf(variant))) });
    const latest = this.#latest.get(room);
    if (latest?.phraseId === rendered.phraseId) latest.isSent = true;
  }

  /** Tells a room that a phrase of it could not be rendered. */
  handleRenderFailed({ repoId, code, message: text }: RenderFailed): void {
    this.#options.sse.broadcast(roomOf(repoId), { data: message('error', { message: text, code }), history: false });
  }

  /**
   * Brings somebody who has just come up to date with the room's newest phrase, unless it is long over. Somebody who
   * comes back gets it only when it was never sent: what was sent is replayed.
   */
  async catchUp(connection: SSEConnection, repoId: string): Promise<void> {
    const latest = this.#latest.get(roomOf(repoId));
    if (!latest || Date.now() - latest.phrase.receivedAt > catchUpMs) return;
    if (!latest.isWanted) return this.#want(latest);
    const { phrase, startAt } = latest;
    if (startAt === undefined || (latest.isSent && connection.resumed !== 'fresh')) return;
    const clip = await this.#clipOf(phrase);
    connection.send({ data: messageText(phrase, startAt, clip.form(formatOf(connection.variant))) });
  }

  /** Numbers of the seed's health endpoint. */
  getHealthMetrics(): ReturnType<MultiClientAudioManager['getHealthMetrics']> {
    return this.#options.audio.getHealthMetrics();
  }

  /** Stops renders under way and forgets everything. */
  dispose(): void {
    this.#disposed.abort();
    clearInterval(this.#touching);
    this.#latest.clear();
    this.#options.audio.dispose();
  }

  async #want(latest: Latest): Promise<void> {
    latest.isWanted = true;
    const { phraseId, phrase } = latest;
    await this.#options.bus.publish('render:wanted', { phraseId, phrase }, { dedupeId: `wanted:${phraseId}` });
  }

  /** Notes when a phrase sounds; a phrase that is newer than the room's newest takes its place. */
  #rendered({ phraseId, phrase, startAt }: AudioRendered): void {
    const room = roomOf(phrase.repoId);
    this.#options.grid.follow(room, startAt + phrase.musicalParams.duration * 1000);
    const latest = this.#latest.get(room);
    if (latest && latest.phraseId !== phraseId && latest.phrase.receivedAt > phrase.receivedAt) return;
    this.#remember({ phraseId, phrase, startAt, isWanted: true });
  }

  #remember(latest: Latest): void {
    const room = roomOf(latest.phrase.repoId);
    this.#latest.delete(room);
    this.#latest.set(room, latest);
    const [oldest] = this.#latest.keys();
    if (this.#latest.size > maxRooms && oldest !== undefined) this.#latest.delete(oldest);
  }

  async #clipOf(phrase: MusicGenerated): Promise<Clip> {
    const { bus, clips, sse, onError } = this.#options;
    const room = roomOf(phrase.repoId);
    const formats = new Set(sse.connections(room).map(({ variant }) => formatOf(variant)));
    try {
      return await clips.clip(phrase.musicalParams, room, [...formats], this.#disposed.signal);
    } catch (error) {
      if (this.#disposed.signal.aborted) throw error;
      onError(error, phrase);
      const code =
        error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'RENDER_FAILED';
      const { repoId, deliveryIds } = phrase;
      await bus.publish('render:failed', { repoId, deliveryIds, code, message: 'This phrase could not be rendered.' });
      throw error;
    }
  }
}
