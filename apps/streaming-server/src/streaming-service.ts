import type { MultiClientAudioManager } from '@bnc/audio-core';
import { createAudioBufferLike } from '@bnc/buffer-serializer';
import type { AudioBufferLike, MusicGenerated, StreamData, StreamMessageOf } from '@bnc/contracts';
import type { OfflineRenderer } from '@bnc/offline-renderer';
import type { SSEConnection, SSEManager } from '@bnc/sse';
import type { EncodedClip } from './encode-clip.ts';
import { roomOf } from './repository-access.ts';
import type { RoomGrid } from './room-grid.ts';
import { encodeForm, isStreamFormat, type StreamFormat } from './stream-format.ts';

/** A phrase older than this is history: somebody who comes later starts with the next one. */
const catchUpMs = 60 * 60 * 1000;

/** Rooms whose newest phrase is kept for those who come later. */
const maxRooms = 1000;

/** Rooms whose newest phrase is kept as sound, ready to send; the rest are rendered again when somebody comes. */
const maxClips = 16;

/** A rendered phrase with everything that a message about it says. */
interface Clip {
  readonly event: MusicGenerated;
  readonly startAt: number;
  readonly buffer: AudioBufferLike;
  readonly forms: Partial<Record<StreamFormat, string>>;
}

/** A clip that is being rendered, or has been. */
interface Making {
  readonly event: MusicGenerated;
  readonly clip: Promise<Clip>;
  /** True while its end will send it to everybody in the room. */
  forAll: boolean;
}

const finishModule = new URL(
  import.meta.url.endsWith('.ts') ? './encode-clip.ts' : './encode-clip.js',
  import.meta.url,
);

const formatOf = (variant: string): StreamFormat => (isStreamFormat(variant) ? variant : 'json');

/** Writes a message without parsing or copying the clip's text, which may be megabytes. */
const messageText = ({ event, startAt, buffer, forms }: Clip, format: StreamFormat): string => {
  forms[format] ??= encodeForm(buffer, format);
  const data: Omit<StreamData['audio_buffer'], 'buffer'> = {
    params: event.musicalParams,
    repoId: event.repoId,
    startAt,
    activity: event.activity,
    reasons: event.reasons,
    speaksFor: event.deliveryIds.length,
  };
  return `{"type":"audio_buffer","timestamp":${Date.now()},"data":{"buffer":${forms[format]},${JSON.stringify(data).slice(1)}}`;
};

/** Turns `music:generated` into sound for everyone who listens: renders, broadcasts, and keeps the newest phrase. */
export class StreamingService {
  readonly #renderer: OfflineRenderer;
  readonly #audio: MultiClientAudioManager;
  readonly #sse: SSEManager;
  readonly #grid: RoomGrid;
  readonly #onError: (error: unknown, event: MusicGenerated) => void;
  readonly #latest = new Map<string, MusicGenerated>();
  readonly #clips = new Map<string, Making>();
  readonly #disposed = new AbortController();

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
    this.#remember(room, event);
    if (!this.isHeard(event.repoId)) return;
    const clip = await this.#clipOf(room, event, true);
    this.#audio.broadcastBuffer(event.repoId, clip.buffer);
    this.#sse.broadcast(room, { data: (variant) => messageText(clip, formatOf(variant)) });
  }

  /** Sends the room's newest phrase to somebody who has just come, unless it is long over or about to be sent to all. */
  async catchUp(connection: SSEConnection, repoId: string): Promise<void> {
    const room = roomOf(repoId);
    const event = this.#latest.get(room);
    if (!event || Date.now() - event.receivedAt > catchUpMs || this.#clips.get(room)?.forAll === true) return;
    const clip = await this.#clipOf(room, event, false);
    if (this.#latest.get(room) === event) connection.send({ data: messageText(clip, formatOf(connection.variant)) });
  }

  /** Numbers of the seed's health endpoint. */
  getHealthMetrics(): ReturnType<MultiClientAudioManager['getHealthMetrics']> {
    return this.#audio.getHealthMetrics();
  }

  /** Stops renders under way and forgets every clip. */
  dispose(): void {
    this.#disposed.abort();
    this.#clips.clear();
    this.#latest.clear();
    this.#audio.dispose();
  }

  #remember(room: string, event: MusicGenerated): void {
    this.#clips.delete(room);
    this.#latest.delete(room);
    this.#latest.set(room, event);
    const [oldest] = this.#latest.keys();
    if (this.#latest.size > maxRooms && oldest !== undefined) {
      this.#latest.delete(oldest);
      this.#clips.delete(oldest);
    }
  }

  /** The clip of a room's newest phrase: rendered once, whoever asks. */
  #clipOf(room: string, event: MusicGenerated, forAll: boolean): Promise<Clip> {
    const known = this.#clips.get(room);
    if (known?.event === event) return known.clip;
    const making: Making = { event, clip: this.#render(room, event), forAll };
    this.#clips.set(room, making);
    const [oldest] = this.#clips.keys();
    if (this.#clips.size > maxClips && oldest !== undefined) this.#clips.delete(oldest);
    making.clip.then(
      () => {
        making.forAll = false;
      },
      () => {
        if (this.#clips.get(room) === making) this.#clips.delete(room);
      },
    );
    return making.clip;
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
        buffer: createAudioBufferLike(encoded.channels, encoded.sampleRate),
        forms: { ...encoded.forms },
      };
    } catch (error) {
      this.#onError(error, event);
      this.#sse.broadcast(room, { data: errorMessage(error) });
      throw error;
    }
  }
}

/** What listeners are told of a failure: a sentence and a stable code, never the inside of an error. */
const errorMessage = (error: unknown): StreamMessageOf<'error'> => {
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'RENDER_FAILED';
  return { type: 'error', timestamp: Date.now(), data: { message: 'This phrase could not be rendered.', code } };
};
