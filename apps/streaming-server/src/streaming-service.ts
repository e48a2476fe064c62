import type { MultiClientAudioManager } from '@bnc/audio-core';
import { createAudioBufferLike } from '@bnc/buffer-serializer';
import type { AudioBufferLike, MusicGenerated, StreamData, StreamMessage } from '@bnc/contracts';
import type { OfflineRenderer } from '@bnc/offline-renderer';
import type { SSEConnection, SSEManager } from '@bnc/sse';
import type { EncodedClip } from './encode-clip.ts';
import { roomOf } from './repository-access.ts';
import type { RoomGrid } from './room-grid.ts';
import { encodeForm, isStreamFormat, type StreamFormat } from './stream-format.ts';
import { message } from './stream-message.ts';

/** A phrase older than this is history: somebody who comes later starts with the next one. */
const catchUpMs = 60 * 60 * 1000;

/** How often sessions learn when their client last took what was sent. */
const touchMs = 15_000;

/** Rooms whose newest phrase is kept for those who come later. */
const maxRooms = 1000;

/** Rooms whose newest phrase is kept as sound, ready to send; the rest are rendered again when somebody comes. */
const maxClips = 16;

/** A rendered phrase with everything that a message about it says. */
interface Clip {
  readonly event: MusicGenerated;
  readonly startAt: number;
  readonly forms: Partial<Record<StreamFormat, string>>;
  /** The samples, while the phrase is its room's newest: forms that nobody has asked for yet are made from them. */
  buffer: AudioBufferLike | undefined;
}

/** The newest phrase of a room. */
interface Latest {
  readonly event: MusicGenerated;
  /** Settles when it is rendered; absent until somebody listens. */
  clip?: Promise<Clip>;
  /** Everybody who is in the room is sent it as soon as it is rendered. */
  readonly isForAll: boolean;
  /** That has been done. */
  isSent: boolean;
}

const finishModule = new URL(
  import.meta.url.endsWith('.ts') ? './encode-clip.ts' : './encode-clip.js',
  import.meta.url,
);

const formatOf = (variant: string): StreamFormat => (isStreamFormat(variant) ? variant : 'json');

/** Writes a message without parsing or copying the clip's text, which may be megabytes. */
const messageText = ({ event, startAt, buffer, forms }: Clip, format: StreamFormat): string => {
  if (buffer) forms[format] ??= encodeForm(buffer, format);
  const text = forms[format];
  // A replay in a form that nobody had asked for while the samples were here: say so rather than nothing.
  if (text === undefined) return JSON.stringify(message('reset', { reason: 'trimmed', missed: 1 }));
  const data: Omit<StreamData['audio_buffer'], 'buffer'> = {
    params: event.musicalParams,
    repoId: event.repoId,
    startAt,
    activity: event.activity,
    reasons: event.reasons,
    speaksFor: event.deliveryIds.length,
  };
  return `{"type":"audio_buffer","timestamp":${Date.now()},"data":{"buffer":${text},${JSON.stringify(data).slice(1)}}`;
};

/** Turns `music:generated` into sound for everyone who listens: renders, broadcasts, and keeps the newest phrase. */
export class StreamingService {
  readonly #renderer: OfflineRenderer;
  readonly #audio: MultiClientAudioManager;
  readonly #sse: SSEManager;
  readonly #grid: RoomGrid;
  readonly #onError: (error: unknown, event: MusicGenerated) => void;
  readonly #latest = new Map<string, Latest>();
  readonly #disposed = new AbortController();
  readonly #touching: NodeJS.Timeout;

  constructor(options: {
    renderer: OfflineRenderer;
    audio: MultiClientAudioManager;
    sse: SSEManager;
    grid: RoomGrid;
    /** Gets every phrase that could not be rendered. */
    onError(error: unknown, event: MusicGenerated): void;
  }) {
    this.#renderer = options.renderer;
    this.#audio = options.audio;
    this.#sse = options.sse;
    this.#grid = options.grid;
    this.#onError = options.onError;
    this.#touching = setInterval(() => {
      for (const { clientId, lastActivity } of this.#sse.connections())
        this.#audio.sessions.touch(clientId, lastActivity);
    }, touchMs).unref();
  }

  /** Notes that a client listens to a repository. */
  createClientSession(clientId: string, repoId: string): void {
    this.#audio.createSession(clientId, repoId);
  }

  /** Forgets a client. */
  disposeClientSession(clientId: string): void {
    this.#audio.removeSession(clientId);
  }

  /** Tells whether anybody listens to a repository. */
  isHeard(repoId: string): boolean {
    return this.#sse.connections(roomOf(repoId)).length > 0;
  }

  /**
   * Renders a phrase and sends it to its room. Where nobody listens nothing is rendered: the phrase is kept
   * for the next one who comes. A failure reaches the listeners as an `error` message and the caller as a throw.
   */
  async handleMusicGenerated(event: MusicGenerated): Promise<void> {
    const room = roomOf(event.repoId);
    const latest: Latest = { event, isForAll: this.isHeard(event.repoId), isSent: false };
    this.#replace(room, latest);
    if (!latest.isForAll) return;
    const clip = await this.#clipOf(room, latest);
    if (clip.buffer) this.#audio.broadcastBuffer(event.repoId, clip.buffer);
    this.#sse.broadcast(room, { data: (variant) => messageText(clip, formatOf(variant)) });
    latest.isSent = true;
  }

  /**
   * Sends the room's newest phrase to somebody who has just come, unless it is long over. Somebody who comes back
   * gets it only when it was never sent: what was sent is replayed.
   */
  async catchUp(connection: SSEConnection, repoId: string): Promise<void> {
    const room = roomOf(repoId);
    const latest = this.#latest.get(room);
    if (!latest || Date.now() - latest.event.receivedAt > catchUpMs) return;
    const isUnderWay = latest.isForAll && !latest.isSent;
    if (isUnderWay || (latest.isForAll && connection.resumed !== 'fresh')) return;
    const clip = await this.#clipOf(room, latest);
    if (this.#latest.get(room) === latest) connection.send({ data: messageText(clip, formatOf(connection.variant)) });
  }

  /** Numbers of the seed's health endpoint. */
  getHealthMetrics(): ReturnType<MultiClientAudioManager['getHealthMetrics']> {
    return this.#audio.getHealthMetrics();
  }

  /** Stops renders under way and forgets every clip. */
  dispose(): void {
    this.#disposed.abort();
    clearInterval(this.#touching);
    this.#latest.clear();
    this.#audio.dispose();
  }

  #replace(room: string, latest: Latest): void {
    this.#dropSamples(this.#latest.get(room));
    this.#latest.delete(room);
    this.#latest.set(room, latest);
    const [oldest] = this.#latest.keys();
    if (this.#latest.size > maxRooms && oldest !== undefined) this.#latest.delete(oldest);
  }

  #dropSamples(latest: Latest | undefined): void {
    latest?.clip?.then(
      (clip) => {
        clip.buffer = undefined;
      },
      () => {},
    );
  }

  /** The clip of a room's newest phrase: rendered once, whoever asks. */
  #clipOf(room: string, latest: Latest): Promise<Clip> {
    if (latest.clip) return latest.clip;
    const clip = this.#render(room, latest.event);
    latest.clip = clip;
    clip.catch(() => {
      delete latest.clip;
    });
    // Only so many rooms keep samples: the rest are rendered again when somebody comes.
    const rendered = [...this.#latest.values()].filter((other) => other.clip && other !== latest);
    const surplus = rendered.slice(0, Math.max(0, rendered.length + 1 - maxClips));
    for (const other of surplus) {
      this.#dropSamples(other);
      delete other.clip;
    }
    return clip;
  }

  async #render(room: string, event: MusicGenerated): Promise<Clip> {
    const formats = new Set(this.#sse.connections(room).map(({ variant }) => formatOf(variant)));
    try {
      const encoded = await this.#renderer.render<EncodedClip>(event.musicalParams, {
        key: room,
        signal: this.#disposed.signal,
        finish: finishModule,
        finishOptions: { formats: [...formats] },
      });
      return {
        event,
        startAt: this.#grid.start(room, event.musicalParams.duration * 1000),
        forms: { ...encoded.forms },
        buffer: createAudioBufferLike(encoded.channels, encoded.sampleRate),
      };
    } catch (error) {
      this.#onError(error, event);
      this.#sse.broadcast(room, { data: errorMessage(error), history: false });
      throw error;
    }
  }
}

/** What listeners are told of a failure: a sentence and a stable code, never the inside of an error. */
const errorMessage = (error: unknown): StreamMessage => {
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'RENDER_FAILED';
  return message('error', { message: 'This phrase could not be rendered.', code });
};
