import type { EventBus } from '@bnc/event-bus';
import { type Delivery, deliveryOf } from '../delivery/delivery.ts';
import { storeUnavailable } from '../http/errors.ts';
import type { MusicGenerated, ServerEvents } from '../rooms/events.ts';
import type { Tables } from '../rooms/tables.ts';
import type { Clip } from './clip.ts';
import { type ClipMaker, type ClipOptions, clipKeyOf } from './clip-maker.ts';
import type { ClipRecords } from './clip-records.ts';

/** A room: its key for its owner, and its channel for its listeners. */
export interface PhrasePlace {
  readonly key: string;
  readonly channel: string;
}

/** What `PhraseClips` works with. */
export interface PhraseClipsOptions {
  readonly bus: EventBus<ServerEvents>;
  readonly tables: Pick<Tables, 'phrase'>;
  readonly clips: ClipMaker;
  readonly records: Pick<ClipRecords, 'forget'>;
  /** Called for every phrase that was prepared, with the time in ms that it took. */
  onRender?(phrase: MusicGenerated, ms: number): void;
  /** Called for every phrase that could not be rendered. */
  onError(error: unknown, phrase: MusicGenerated): void;
}

/** Makes clips of phrases, and lets the room know when that fails. */
export class PhraseClips {
  readonly #options: PhraseClipsOptions;
  readonly #closed = new AbortController();

  constructor(options: PhraseClipsOptions) {
    this.#options = options;
  }

  /**
   * Returns the clip of a phrase, ready for every delivery that is wanted.
   * @throws {RenderError} with the code of what happened; the room has received it as `render:failed`.
   */
  async clip(phrase: MusicGenerated, place: PhrasePlace, deliveries: readonly Delivery[]): Promise<Clip> {
    const { phraseId, repoId, deliveryIds } = phrase;
    const { signal } = this.#closed;
    try {
      return await this.#make(phrase, place, { fairKey: place.key, deliveries, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      this.#options.onError(error, phrase);
      const code =
        error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'RENDER_FAILED';
      const failed = { phraseId, repoId, deliveryIds, code, message: 'This phrase could not be rendered.' };
      await this.#options.bus.publish('render:failed', failed, { key: place.channel });
      throw error;
    }
  }

  /** Prepares a phrase in the variants that listeners want on any server, so that its clip is ready when it starts. */
  async render(phrase: MusicGenerated, place: PhrasePlace, variants: ReadonlySet<string>): Promise<void> {
    // A newer release may know variants that this one does not.
    const deliveries = [...variants].map(deliveryOf).filter((delivery) => delivery !== undefined);
    // If every listener has left meanwhile, the phrase is rendered for the next one who comes.
    if (deliveries.length === 0) return;
    const from = performance.now();
    await this.clip(phrase, place, deliveries);
    this.#options.onRender?.(phrase, performance.now() - from);
  }

  /**
   * Makes the clip of a phrase for someone who wants to hear it again; returns the name of its bytes in the store.
   * Nobody else learns when that fails.
   * @throws {RenderError} with the code of what happened.
   * @throws {HttpError} `STORE_UNAVAILABLE` when the clip cannot be kept.
   */
  async again(
    phrase: MusicGenerated,
    place: PhrasePlace,
    encoding: 'flac' | 'opus',
    signal: AbortSignal,
  ): Promise<string> {
    const either = AbortSignal.any([signal, this.#closed.signal]);
    const deliveries = [{ kind: 'url', encodings: [encoding] }] as const;
    const clip = await this.#make(phrase, place, { fairKey: 'replays', deliveries, signal: either });
    const name = clip.rendition(encoding)?.name;
    if (name === undefined || !clip.isKept(encoding)) throw storeUnavailable();
    return name;
  }

  async #make(
    phrase: MusicGenerated,
    place: PhrasePlace,
    options: Pick<ClipOptions, 'fairKey' | 'deliveries' | 'signal'>,
  ): Promise<Clip> {
    const room = { repoId: place.channel, repositoryId: phrase.room === undefined ? phrase.repositoryId : 0 };
    const clip = await this.#options.clips.clip({ input: phrase.musicalParams, room, ...options });
    await this.#forgetWithRoom(phrase, place);
    return clip;
  }

  /** Deletes a clip that was made while its repository was being forgotten. */
  async #forgetWithRoom({ phraseId, musicalParams }: MusicGenerated, { key, channel }: PhrasePlace): Promise<void> {
    const { tables, records } = this.#options;
    // A phrase is in the tables before it is rendered; tables that cannot be reached say nothing.
    const isKept = await tables.phrase(key, phraseId).then(
      (kept) => kept !== undefined,
      () => true,
    );
    if (!isKept) await records.forget(clipKeyOf(musicalParams), ({ repoId }) => repoId === channel);
  }

  /** Stops what is being rendered. */
  close(): void {
    this.#closed.abort();
  }
}
