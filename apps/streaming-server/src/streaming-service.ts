import { setTimeout } from 'node:timers/promises';
import type { MultiClientAudioManager } from '@bnc/audio-core';
import type { AudioRendered, BusEvents, MusicGenerated, RenderFailed, RenderWanted } from '@bnc/contracts';
import type { BusEvent, EventBus } from '@bnc/event-bus';
import type { SSEConnection, SSEManager } from '@bnc/sse';
import type { Clip } from './clip.ts';
import { type ClipMaker, clipKeyOf } from './clip-maker.ts';
import { type NewestPhrase, NewestPhrases } from './newest-phrases.ts';
import { RecentPhrases, replayLimits, SentPhrase } from './recent-phrases.ts';
import { roomOf } from './repository-access.ts';
import type { RoomGrid } from './room-grid.ts';
import { formOf, isVariant } from './stream-format.ts';
import { message, phraseMessage } from './stream-message.ts';

/** A phrase older than this is history: somebody who comes later starts with the next one. */
const catchUpMs = 60 * 60 * 1000;

/** Longest time that somebody who comes back waits for what he missed to be made; what is not made by then is told as a gap. */
const prepareMs = 5000;

/** How often sessions learn when their client last took what was sent. */
const touchMs = 15_000;

/** What `StreamingService` works with. */
export interface StreamingServiceOptions {
  readonly bus: EventBus<BusEvents>;
  readonly clips: ClipMaker;
  readonly audio: MultiClientAudioManager<Clip>;
  readonly sse: SSEManager;
  readonly grid: RoomGrid;
  /** The name that a repository has now, where it is known. */
  nameOf(repositoryId: number): string | undefined;
  /** Gets every phrase that could not be rendered. */
  onError(error: unknown, phrase: MusicGenerated): void;
}

/**
 * Turns `music:generated` into sound for everyone who listens. Where somebody listens, rendering is asked for; one
 * server renders, keeps the clip and says so; every server sends it to its own listeners.
 */
export class StreamingService {
  readonly #options: StreamingServiceOptions;
  readonly #newest = new NewestPhrases();
  readonly #recent = new RecentPhrases();
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
  restore({ id, topic, payload, publishedAt }: Pick<BusEvent, 'id' | 'topic' | 'payload' | 'publishedAt'>): void {
    if (topic === 'music:generated') {
      const phrase = payload as MusicGenerated;
      this.#newest.set(this.#room(phrase), { phraseId: id, phrase, isWanted: false });
    }
    if (topic !== 'audio:rendered') return;
    const sent = new SentPhrase(id, payload as AudioRendered, publishedAt);
    const room = this.#room(sent.rendered.phrase);
    this.#follow(sent.rendered);
    this.#newest.rendered(room, sent.rendered);
    this.#recent.add(room, sent);
  }

  /** Gives a room another name: what it played last is heard there. */
  move(from: string, to: string): void {
    this.#newest.move(roomOf(from), roomOf(to));
    this.#recent.move(roomOf(from), roomOf(to));
  }

  /** Gives the hub what was restored, so that those who come back go on where they were. */
  restored(): void {
    for (const sent of this.#recent.all(Date.now())) this.#send(sent);
  }

  /** Takes a new phrase: asks for its sound where somebody listens, else keeps it for the next one who comes. */
  async handleMusicGenerated({ id, payload }: Pick<BusEvent<string, MusicGenerated>, 'id' | 'payload'>): Promise<void> {
    const newest: NewestPhrase = { phraseId: id, phrase: payload, isWanted: false };
    const room = this.#room(payload);
    this.#newest.set(room, newest);
    if (this.isHeard(room)) await this.#want(newest);
  }

  /** Renders a phrase, once for all servers. A failure is told to the room and thrown, so that the bus tries again. */
  async handleRenderWanted({ phraseId, phrase, variants = [] }: RenderWanted): Promise<void> {
    const { bus, grid } = this.#options;
    const room = this.#room(phrase);
    const wanted = new Set([...variants.filter(isVariant), ...this.#variants(room)]);
    // Where everybody has left meanwhile, it is rendered for whoever comes next.
    if (wanted.size > 0) await this.#clipOf(phrase, wanted);
    const clipKey = clipKeyOf(phrase.musicalParams);
    const startAt = grid.start(phrase.repositoryId, phrase.musicalParams.duration * 1000);
    await bus.publish(
      'audio:rendered',
      { phraseId, phrase, clipKey, startAt },
      { key: room, dedupeId: `rendered:${phraseId}` },
    );
  }

  /** Sends a rendered phrase to everyone who listens on this server, and keeps it for those who come back. */
  async handleAudioRendered({
    id,
    payload,
    publishedAt,
  }: Pick<BusEvent<string, AudioRendered>, 'id' | 'payload' | 'publishedAt'>): Promise<void> {
    const { audio } = this.#options;
    const { repoId } = payload.phrase;
    const sent = new SentPhrase(id, payload, publishedAt);
    this.#follow(payload);
    let clip: Clip | undefined;
    try {
      // Somebody who comes while a form is being made may want another one.
      for (let missing = this.#missing(sent); missing.size > 0; missing = this.#missing(sent))
        clip = await this.#make(sent, missing);
    } finally {
      if (clip) audio.broadcastBuffer(repoId, clip);
      // From here on whoever comes is sent it; who was there before gets it with all others, or hears that it is missing.
      const room = this.#room(payload.phrase);
      this.#newest.rendered(room, payload);
      this.#recent.add(room, sent);
      this.#send(sent);
    }
  }

  /** Tells a room that a phrase of it could not be rendered. */
  handleRenderFailed({ repoId, code, message: text }: RenderFailed): void {
    this.#options.sse.broadcast(roomOf(repoId), { data: message('error', { message: text, code }), history: false });
  }

  /**
   * Makes what somebody who comes back has missed, in the form that he wants, newest first: the hub can replay nothing
   * that has not been made. Ends after 5 s or 16 MiB.
   */
  async prepare(repoId: string, variant: string, lastEventId: string): Promise<void> {
    const deadline = Date.now() + prepareMs;
    let bytes = 0;
    const missing = (): SentPhrase | undefined =>
      this.#recent.after(roomOf(repoId), lastEventId).findLast((sent) => !sent.has(variant));
    for (let sent = missing(); sent && bytes < replayLimits.maxBytes; sent = missing()) {
      const made = this.#make(sent, new Set([variant])).then((clip) => clip.byteLength);
      const late = setTimeout(deadline - Date.now(), undefined, { ref: false });
      const size = await Promise.race([made.catch(() => undefined), late]);
      if (size === undefined) return;
      bytes += size;
    }
  }

  /** Lets go of what was made for somebody who has left. */
  release({ channel, variant }: Pick<SSEConnection, 'channel' | 'variant'>): void {
    if (!this.#variants(channel).has(variant)) this.#recent.drop(channel, variant);
  }

  /**
   * Brings somebody who has just come up to date with the room's newest phrase, unless it is long over. Somebody who
   * comes back gets it only when the hub replays nothing to him.
   */
  async catchUp(connection: SSEConnection, repoId: string): Promise<void> {
    const room = roomOf(repoId);
    const newest = this.#newest.get(room);
    if (!newest || Date.now() - newest.phrase.receivedAt > catchUpMs) return;
    if (!newest.isWanted) return this.#want(newest);
    const { phraseId, phrase, startAt } = newest;
    const isReplayed = connection.resumed === 'replayed' || connection.missed > 0;
    if (startAt === undefined || isReplayed) return;
    const clip = await this.#clipOf(phrase, new Set([connection.variant]));
    const text = clip.text(formOf(connection.variant));
    if (text && this.#newest.get(room)?.phraseId === phraseId)
      connection.send({ data: phraseMessage(phrase, startAt, text) });
  }

  /** Numbers of the seed's health endpoint. */
  getHealthMetrics(): ReturnType<MultiClientAudioManager['getHealthMetrics']> {
    return this.#options.audio.getHealthMetrics();
  }

  /** Stops renders under way and forgets everything. */
  dispose(): void {
    this.#disposed.abort();
    clearInterval(this.#touching);
    this.#newest.clear();
    this.#recent.clear();
    this.#options.audio.dispose();
  }

  async #want(newest: NewestPhrase): Promise<void> {
    newest.isWanted = true;
    const { phraseId, phrase } = newest;
    const variants = [...this.#variants(this.#room(phrase))];
    await this.#options.bus.publish(
      'render:wanted',
      { phraseId, phrase, variants },
      { key: String(phrase.repositoryId), dedupeId: `wanted:${phraseId}` },
    );
  }

  /** The room where a phrase is heard: under the name that its repository has now. */
  #room({ repoId, repositoryId }: Pick<MusicGenerated, 'repoId' | 'repositoryId'>): string {
    return roomOf(this.#options.nameOf(repositoryId) ?? repoId);
  }

  /** Notes until when a room sounds. */
  #follow({ phrase, startAt }: AudioRendered): void {
    this.#options.grid.follow(phrase.repositoryId, startAt + phrase.musicalParams.duration * 1000);
  }

  /** What listeners of a room want. */
  #variants(room: string): Set<string> {
    return new Set(this.#options.sse.connections(room).map(({ variant }) => variant));
  }

  /** What listeners of its room want of a phrase and has not been made. */
  #missing(sent: SentPhrase): Set<string> {
    const variants = this.#variants(this.#room(sent.rendered.phrase));
    return new Set([...variants].filter((variant) => !sent.has(variant)));
  }

  /** Makes the texts of a phrase for some variants. */
  async #make(sent: SentPhrase, variants: ReadonlySet<string>): Promise<Clip> {
    const { phrase, startAt } = sent.rendered;
    const clip = await this.#clipOf(phrase, variants);
    for (const variant of variants) {
      const text = clip.text(formOf(variant));
      sent.put(variant, text && phraseMessage(phrase, startAt, text));
    }
    return clip;
  }

  /** Hands a phrase to the hub. */
  #send(sent: SentPhrase): void {
    const { sse } = this.#options;
    sse.broadcast(this.#room(sent.rendered.phrase), { id: sent.id, data: (variant) => sent.take(variant) });
  }

  async #clipOf(phrase: MusicGenerated, variants: ReadonlySet<string>): Promise<Clip> {
    const { bus, clips, onError } = this.#options;
    const { musicalParams: params, repoId, repositoryId } = phrase;
    const forms = [...variants].map(formOf);
    try {
      return await clips.clip({ params, repoId, repositoryId, forms, signal: this.#disposed.signal });
    } catch (error) {
      if (this.#disposed.signal.aborted) throw error;
      onError(error, phrase);
      const code =
        error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'RENDER_FAILED';
      const { deliveryIds } = phrase;
      await bus.publish('render:failed', { repoId, deliveryIds, code, message: 'This phrase could not be rendered.' });
      throw error;
    }
  }
}
