import { type HealthMetrics, MultiClientAudioManager, type StreamingSession } from '@bnc/audio-core';
import type { StreamData } from '@bnc/contracts';
import { SSEManager } from '@bnc/sse';
import type { PhraseClips } from '../clips/phrase-clips.ts';
import { hearableMs, recentPhrases } from '../rooms/tables.ts';
import { deliveryOf } from './delivery.ts';
import type { HeardRoom } from './heard-room.ts';
import { farewell, message, phraseMessage } from './message.ts';
import type { OutgoingPhrase } from './outgoing-phrase.ts';

/** What `Hub` works with. */
export interface HubOptions {
  readonly clips: PhraseClips;
  /** Returns the name of a room, for its listeners. */
  nameOf(channel: string): string;
  /** Called for each stream that opens, to make its session. */
  onConnect(clientId: string, channel: string): void;
  /** Called when a listener comes to a room, and when its last listener on this server has left. */
  onAudience(channel: string, isHeard: boolean): void;
  onError(error: unknown): void;
}

/**
 * The one way out to the listeners of this server: sound leaves by `MultiClientAudioManager.broadcastBuffer`, everything else,
 * and what was played before, by `SSEManager`.
 */
export class Hub {
  /** All streams. */
  readonly sse: SSEManager;
  readonly #clips: PhraseClips;
  readonly #audio: MultiClientAudioManager<OutgoingPhrase>;

  constructor({ clips, nameOf, onConnect, onAudience, onError }: HubOptions) {
    this.#clips = clips;
    const sse = new SSEManager({
      slow: 'latest',
      limits: { maxPerAddress: 1000, maxBacklogBytes: 8 * 2 ** 20 },
      history: { maxBytes: 16 * 2 ** 20, maxMessages: recentPhrases, maxAgeMs: hearableMs },
      connected: ({ clientId, resumeKey, channel, resumed, missed }) => {
        const repoId = nameOf(channel);
        const text = `Listening to ${repoId}`;
        const facts = { clientId, resumeKey, repoId, serverTime: Date.now(), hearableMs, resumed, missed };
        return { data: message('connected', { message: text, ...facts }) };
      },
      heartbeat: () => ({ data: message('heartbeat', { serverTime: Date.now() }) }),
      reset: (_connection, { reason, missed }) => ({ data: message('reset', { reason, missed }) }),
      disconnected: (_connection, reason) => ({ data: farewell(reason) }),
      onConnect: ({ clientId, channel }) => {
        onConnect(clientId, channel);
        onAudience(channel, true);
      },
      onDisconnect: ({ clientId, channel }) => {
        this.#audio.removeSession(clientId);
        if (sse.count(channel) === 0) onAudience(channel, false);
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
  }

  /** Keeps a phrase that was played before this server followed the room, for those who come. It is not counted as sent. */
  restore(room: HeardRoom, sent: Omit<OutgoingPhrase, 'messageFor'>): void {
    this.#send(room.channel, this.#outgoing(room, sent));
  }

  /** Sends a message that is not kept for listeners who come later. */
  say<Type extends keyof StreamData>(channel: string, type: Type, data: StreamData[Type]): void {
    this.sse.broadcast(channel, { data: message(type, data), history: false });
  }

  /** Forgets what a room has played; its streams stay open. */
  forget(channel: string): void {
    this.sse.forget(channel);
    this.#audio.forget(channel);
  }

  /** Ends the streams of a room. */
  disconnect(channel: string, reason: string): void {
    for (const connection of this.sse.connections(channel)) connection.close(reason);
  }

  /** Makes the session of a client that listens to a room. It ends with the client's stream. */
  createSession(clientId: string, channel: string): void {
    this.#audio.createSession(clientId, channel);
  }

  /** Returns the sessions of one room, or of all rooms. */
  sessions(channel?: string): Iterable<StreamingSession> {
    return this.#audio.sessions.sessions(channel);
  }

  /** Returns the numbers of sessions and of phrases sent. `memoryUsage` is the bytes that are kept for replay. */
  getHealthMetrics(): HealthMetrics {
    return { ...this.#audio.getHealthMetrics(), memoryUsage: this.sse.stats().historyBytes };
  }

  /** Ends every session. The streams end with the server. */
  close(): void {
    this.#audio.close();
  }

  #send(channel: string, { id, messageFor }: OutgoingPhrase): void {
    this.sse.broadcast(channel, { id, data: messageFor });
  }

  #outgoing({ channel, key = '' }: HeardRoom, sent: Omit<OutgoingPhrase, 'messageFor'>): OutgoingPhrase {
    const { phrase, startAt } = sent;
    const make = async (variant: string): Promise<Uint8Array> => {
      const delivery = deliveryOf(variant);
      const clip = await this.#clips.clip(phrase, { key, channel }, delivery ? [delivery] : []);
      const buffer = delivery && clip.text(delivery);
      if (!buffer) throw new Error(`phrase ${phrase.phraseId} has no sound for ${variant}`);
      return phraseMessage(phrase, startAt, buffer);
    };
    const messageFor: OutgoingPhrase['messageFor'] = (variant) =>
      Date.now() - startAt > hearableMs ? undefined : make(variant);
    return { ...sent, messageFor };
  }
}
