import { type HealthMetrics, MultiClientAudioManager, type StreamingSession } from '@bnc/audio-core';
import type { EpochMs, StreamData, StreamMessage } from '@bnc/contracts';
import { type SSEConnection, SSEManager } from '@bnc/sse';
import type { ClipPaths } from '../access/clip-paths.ts';
import { tokenMs } from '../access/tokens.ts';
import type { PhraseClips } from '../clips/phrase-clips.ts';
import type { PhraseScores } from '../clips/phrase-scores.ts';
import type { Door } from '../rooms/access.ts';
import type { MusicGenerated } from '../rooms/events.ts';
import { hearableMs, recentPhrases } from '../rooms/tables.ts';
import { type Delivery, deliveryOf, formOf, variantOf } from './delivery.ts';
import type { HeardRoom } from './heard-room.ts';
import { clipMessage, farewell, message, phraseMessage } from './message.ts';
import type { OutgoingPhrase } from './outgoing-phrase.ts';

/** What `Hub` works with. */
export interface HubOptions {
  readonly clips: PhraseClips;
  readonly scores: PhraseScores;
  readonly paths: ClipPaths;
  /** Streams that may be open at one time. */
  readonly maxStreams: number;
  /** Returns the name of a room, for its listeners. */
  nameOf(channel: string): string;
  /** Tells whether anyone may hear a room. */
  isPublic(channel: string): boolean;
  /** Names the build of the page that this server serves: a page of another build reloads itself. */
  readonly build?: string | undefined;
  /** Called for each stream that opens, to make its session. */
  onConnect(clientId: string, channel: string): void;
  /** Called for each listener who comes or goes, with the variant of the stream. */
  onListener(variant: string, change: 1 | -1): void;
  /** Called when a listener comes to a room, and when its last listener on this server has left. */
  onAudience(channel: string, isHeard: boolean): void;
  onError(error: unknown): void;
}

/** What a stream of several rooms says in its first message. */
export type ListenerState = Pick<StreamData['connected'], 'rooms' | 'refused'>;

/**
 * The one way out to the listeners of this server: sound leaves by `MultiClientAudioManager.broadcastBuffer`, and
 * everything else, including what was played before, by `SSEManager`.
 */
export class Hub {
  /** All streams. */
  readonly sse: SSEManager;
  readonly #clips: PhraseClips;
  readonly #scores: PhraseScores;
  readonly #paths: ClipPaths;
  readonly #audio: MultiClientAudioManager<OutgoingPhrase>;
  /** What each stream may hear. */
  readonly #mayHear = new WeakMap<SSEConnection, (door: Door) => boolean>();

  constructor({
    maxStreams,
    nameOf,
    isPublic,
    build,
    onConnect,
    onListener,
    onAudience,
    onError,
    ...parts
  }: HubOptions) {
    const { clips, scores, paths } = parts;
    this.#clips = clips;
    this.#scores = scores;
    this.#paths = paths;
    const sse = new SSEManager({
      slow: 'latest',
      limits: { maxConnections: maxStreams, maxPerAddress: 1000, maxBacklogBytes: 8 * 2 ** 20 },
      history: { maxBytes: 16 * 2 ** 20, maxMessages: recentPhrases, maxAgeMs: hearableMs },
      connected: ({ clientId, resumeKey, channels, resumed, missed, state }) => {
        const names = channels.map(nameOf);
        const [repoId = ''] = names;
        const text = `Listening to ${names.join(', ')}`;
        const facts = { clientId, resumeKey, repoId, serverTime: Date.now(), hearableMs, resumed, missed };
        const ours = build === undefined ? {} : { build };
        return {
          data: message('connected', { message: text, ...facts, ...ours, ...(state as ListenerState | undefined) }),
        };
      },
      heartbeat: () => ({ data: message('heartbeat', { serverTime: Date.now() }) }),
      reset: (_connection, { reason, missed }) => ({ data: message('reset', { reason, missed }) }),
      disconnected: (_connection, reason) => ({ data: farewell(reason) }),
      // A stream whose token has ended may go on where it needs none.
      reauthorize: ({ channels }) => (channels.every(isPublic) ? Date.now() + tokenMs : undefined),
      onConnect: ({ clientId, channel, channels, variant }) => {
        onConnect(clientId, channel);
        onListener(variant, 1);
        for (const one of channels) onAudience(one, true);
      },
      onDisconnect: ({ clientId, channels, variant }) => {
        onListener(variant, -1);
        this.#audio.removeSession(clientId);
        for (const one of channels) if (sse.count(one) === 0) onAudience(one, false);
      },
      onError,
    });
    this.sse = sse;
    this.#audio = new MultiClientAudioManager<OutgoingPhrase>({
      send: (channel, phrase) => this.#send(channel, phrase),
      onError,
      sessions: {
        // The hub admits streams; each has a session.
        maxSessions: Number.POSITIVE_INFINITY,
        lastActivityOf: (clientId) => sse.connection(clientId)?.lastActivity,
        onEnd: ({ clientId }, why) => {
          if (why === 'stale') sse.disconnect(clientId, why);
        },
      },
    });
  }

  /** Sends a phrase to all listeners of a room here, once it is rendered, and keeps it for listeners who come later. */
  play(room: HeardRoom, sent: Omit<OutgoingPhrase, 'messageFor'>): void {
    this.#audio.broadcastBuffer(room.channel, this.#outgoing(room, sent));
    if (room.note.needs) void this.#correctGain(sent.phrase, room.channel);
  }

  /** Keeps a phrase from before this server followed the room, for listeners who come. It is not counted as sent. */
  restore(room: HeardRoom, sent: Omit<OutgoingPhrase, 'messageFor'>): void {
    this.#send(room.channel, this.#outgoing(room, sent));
  }

  /**
   * Sends links to a phrase whose score has been sent, to those who asked for them too: to all of a room, or to one.
   */
  addClips(room: HeardRoom, phrase: MusicGenerated, to?: SSEConnection): void {
    const data = (variant: string): Promise<Uint8Array> | undefined => {
      const delivery = deliveryOf(variant);
      if (delivery?.kind !== 'score' || delivery.encodings.length === 0) return undefined;
      return this.#bufferOf(room, phrase, delivery).then((buffer) => clipMessage(phrase, buffer));
    };
    if (to) to.send({ data });
    else this.sse.broadcast(room.channel, { data, history: false });
  }

  /** Sends one listener what came after the newest phrase: its measured gain, and links to it. */
  complete(room: HeardRoom, phrase: MusicGenerated, to: SSEConnection): void {
    if (deliveryOf(to.variant)?.kind !== 'score') return;
    void this.#correctGain(phrase, to);
    this.addClips(room, phrase, to);
  }

  /** Sends a message that is not kept for listeners who come later. */
  say<Type extends keyof StreamData>(channel: string, type: Type, data: StreamData[Type]): void {
    this.sse.broadcast(channel, { data: message(type, data), history: false });
  }

  /** Ends what was sent so far at a moment. Clients that take only JSON cannot end a clip, and receive nothing. */
  yield(channel: string, at: EpochMs): void {
    this.#tellAware(channel, message('yield', { at }));
  }

  /** Tells the listeners of a room how many they are. Clients that take only JSON receive nothing. */
  tellPresence(channel: string, listeners: number): void {
    this.#tellAware(channel, message('presence', { listeners }));
  }

  /** Forgets what a room has played; its streams stay open. */
  forget(channel: string): void {
    this.sse.forget(channel);
    this.#audio.forget(channel);
  }

  /** Notes what a stream may hear, whatever becomes of its rooms. */
  admit(connection: SSEConnection, mayHear: (door: Door) => boolean): void {
    this.#mayHear.set(connection, mayHear);
  }

  /** Returns the streams of a room, by whether they may hear a room as it is now. */
  sorted(
    channel: string,
    door: Door,
  ): { readonly may: readonly SSEConnection[]; readonly mayNot: readonly SSEConnection[] } {
    const { may = [], mayNot = [] } = Object.groupBy(this.sse.connections(channel), (connection) =>
      this.#mayHear.get(connection)?.(door) === true ? 'may' : 'mayNot',
    );
    return { may, mayNot };
  }

  /** Ends the streams of a room. */
  disconnect(channel: string, reason: string): void {
    for (const connection of this.sse.connections(channel)) connection.close(reason);
  }

  /** Makes the session of a client that listens to a room. It ends with the client's stream. */
  createSession(clientId: string, channel: string): void {
    this.#audio.createSession(clientId, channel);
  }

  /** Returns the sessions of one room, or of all rooms; one that listens to several rooms belongs to each of them. */
  sessions(channel?: string): Iterable<StreamingSession> {
    const { sessions } = this.#audio;
    if (channel === undefined) return sessions.sessions();
    return this.sse.connections(channel).flatMap(({ clientId }) => sessions.getSession(clientId) ?? []);
  }

  /** Returns the numbers of sessions and of phrases sent. `memoryUsage` is the bytes that are kept for replay. */
  getHealthMetrics(): HealthMetrics {
    return { ...this.#audio.getHealthMetrics(), memoryUsage: this.sse.stats().historyBytes };
  }

  /** Ends every session. The streams end with the server. */
  close(): void {
    this.#audio.close();
  }

  /**
   * Sends a message to all listeners of a room except those that take only JSON. It is not kept for later listeners.
   */
  #tellAware(channel: string, word: StreamMessage): void {
    const data = (variant: string): StreamMessage | undefined => (formOf(variant) === 'json' ? undefined : word);
    this.sse.broadcast(channel, { data, history: false });
  }

  #send(channel: string, { id, messageFor }: OutgoingPhrase): void {
    this.sse.broadcast(channel, { id, data: messageFor });
  }

  #outgoing(room: HeardRoom, sent: Omit<OutgoingPhrase, 'messageFor'>): OutgoingPhrase {
    const { phrase, startAt } = sent;
    const make = async (variant: string): Promise<Uint8Array> => {
      const delivery = deliveryOf(variant);
      if (!delivery) throw new Error(`phrase ${phrase.phraseId} has no sound for ${variant}`);
      const buffer =
        delivery.kind === 'score' ? this.#scores.text(phrase) : await this.#bufferOf(room, phrase, delivery);
      return phraseMessage(phrase, startAt, buffer);
    };
    const messageFor: OutgoingPhrase['messageFor'] = (variant) =>
      Date.now() - startAt > hearableMs ? undefined : make(variant);
    return { ...sent, messageFor };
  }

  /** Sends the measured gain of a score that is sent with an estimate: to all of a channel, or to one. */
  async #correctGain(phrase: MusicGenerated, to: string | SSEConnection): Promise<void> {
    const gain = await this.#scores.correction(phrase);
    if (gain === undefined) return;
    const correction = message('gain', { phraseId: phrase.phraseId, gain });
    const data = (variant: string): typeof correction | undefined =>
      deliveryOf(variant)?.kind === 'score' ? correction : undefined;
    if (typeof to === 'string') this.sse.broadcast(to, { data, history: false });
    else to.send({ data });
  }

  /** Returns the JSON text of a clip: waits until the owner of the room has had it made, or else makes it here. */
  async #bufferOf(room: HeardRoom, phrase: MusicGenerated, delivery: Delivery): Promise<Uint8Array> {
    const { channel, key = '' } = room;
    await room.clipsOf(phrase.phraseId);
    const clip = await this.#clips.clip(phrase, { key, channel }, [delivery]);
    const { repositoryId } = phrase;
    const clipRoom = { repoId: channel, repositoryId: phrase.room === undefined ? repositoryId : 0 };
    const buffer = clip.text(delivery, (name) => this.#paths.of(name, room.isPublic ? undefined : clipRoom));
    if (!buffer) throw new Error(`phrase ${phrase.phraseId} has no clip for ${variantOf(delivery)}`);
    return buffer;
  }
}
