import type { EventBus } from '@bnc/event-bus';
import { type Delivery, deliveryOf } from '../delivery/delivery.ts';
import type { MusicGenerated, ServerEvents } from '../rooms/events.ts';
import type { Clip } from './clip.ts';
import type { ClipMaker } from './clip-maker.ts';

/** A room, for its owner and for its listeners. */
export interface PhrasePlace {
  readonly key: string;
  readonly channel: string;
}

/** Makes clips of phrases, and lets the room know when that fails. */
export class PhraseClips {
  readonly #bus: EventBus<ServerEvents>;
  readonly #clips: ClipMaker;
  readonly #onError: (error: unknown, phrase: MusicGenerated) => void;
  readonly #closed = new AbortController();

  constructor({
    bus,
    clips,
    onError,
  }: {
    bus: EventBus<ServerEvents>;
    clips: ClipMaker;
    /** Called for every phrase that could not be rendered. */
    onError(error: unknown, phrase: MusicGenerated): void;
  }) {
    this.#bus = bus;
    this.#clips = clips;
    this.#onError = onError;
  }

  /**
   * Returns the clip of a phrase, ready for every delivery that is wanted.
   * @throws {RenderError} with the code of what happened; the room has received it as `render:failed`.
   */
  async clip(phrase: MusicGenerated, place: PhrasePlace, deliveries: readonly Delivery[]): Promise<Clip> {
    const { musicalParams: params, repoId, deliveryIds } = phrase;
    const room = { repoId: place.channel, repositoryId: phrase.room === undefined ? phrase.repositoryId : 0 };
    const { signal } = this.#closed;
    try {
      return await this.#clips.clip({ params, fairKey: place.key, room, deliveries, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      this.#onError(error, phrase);
      const code =
        error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'RENDER_FAILED';
      const failed = { repoId, deliveryIds, code, message: 'This phrase could not be rendered.' };
      await this.#bus.publish('render:failed', failed, { key: place.channel });
      throw error;
    }
  }

  /** Prepares a phrase in the variants that listeners want on any server, so that its clip is ready when it starts. */
  async render(phrase: MusicGenerated, place: PhrasePlace, variants: ReadonlySet<string>): Promise<void> {
    // A newer release may know variants that this one does not.
    const deliveries = [...variants].map(deliveryOf).filter((delivery) => delivery !== undefined);
    // If every listener has left meanwhile, the phrase is rendered for the next one who comes.
    if (deliveries.length > 0) await this.clip(phrase, place, deliveries);
  }

  /** Stops what is being rendered. */
  close(): void {
    this.#closed.abort();
  }
}
