import { createAudioBufferLike } from '@bnc/buffer-serializer';
import type { AudioBufferLike, MusicalParameters, Sha256 } from '@bnc/contracts';
import type { OfflineRenderer } from '@bnc/offline-renderer';
import { type ClipStore, clipKeyOf } from './clip-store.ts';
import type { EncodedClip } from './encode-clip.ts';
import { encodeForm, type StreamFormat } from './stream-format.ts';

/** Clips kept in memory, ready to send: the newest of as many rooms. */
const maxClips = 16;

const finishModule = new URL(
  import.meta.url.endsWith('.ts') ? './encode-clip.ts' : './encode-clip.js',
  import.meta.url,
);

/** A rendered clip and the forms that listeners get. */
export class Clip {
  readonly key: Sha256;
  readonly buffer: AudioBufferLike;
  readonly #forms: Partial<Record<StreamFormat, string>>;

  constructor(key: Sha256, buffer: AudioBufferLike, forms: Partial<Record<StreamFormat, string>> = {}) {
    this.key = key;
    this.buffer = buffer;
    this.#forms = { ...forms };
  }

  /** JSON text of the buffer in a format; made here and now where the render process has not made it. */
  form(format: StreamFormat): string {
    this.#forms[format] ??= encodeForm(this.buffer, format);
    return this.#forms[format];
  }
}

/** Makes clips, each once: from memory, from the store, or by rendering. */
export class ClipMaker {
  readonly #renderer: OfflineRenderer;
  readonly #store: ClipStore;
  readonly #onError: (error: unknown) => void;
  /** Newest last. A promise stands for a clip under way, so that two who ask at once share it. */
  readonly #clips = new Map<Sha256, Promise<Clip>>();

  constructor({
    renderer,
    store,
    onError,
  }: { renderer: OfflineRenderer; store: ClipStore; onError(error: unknown): void }) {
    this.#renderer = renderer;
    this.#store = store;
    this.#onError = onError;
  }

  /**
   * The clip of these parameters.
   * @param room - Rooms that wait for a render are served in turn.
   * @param formats - Forms to make in the render process already.
   * @throws RenderError with the code of what happened.
   */
  clip(params: MusicalParameters, room: string, formats: readonly StreamFormat[], signal: AbortSignal): Promise<Clip> {
    const key = clipKeyOf(params);
    const known = this.#clips.get(key);
    this.#clips.delete(key);
    const clip = known ?? this.#make(key, params, room, formats, signal);
    this.#clips.set(key, clip);
    clip.catch(() => this.#clips.delete(key));
    const [oldest] = this.#clips.keys();
    if (this.#clips.size > maxClips && oldest !== undefined) this.#clips.delete(oldest);
    return clip;
  }

  async #make(
    key: Sha256,
    params: MusicalParameters,
    room: string,
    formats: readonly StreamFormat[],
    signal: AbortSignal,
  ): Promise<Clip> {
    const kept = await this.#store.get(key);
    if (kept) return new Clip(key, kept);
    const { channels, sampleRate, forms } = await this.#renderer.render<EncodedClip>(params, {
      key: room,
      signal,
      finish: finishModule,
      finishOptions: { formats },
    });
    const clip = new Clip(key, createAudioBufferLike(channels, sampleRate), forms);
    // A full disk costs a render later, never the sound now.
    await this.#store.put(key, clip.buffer).catch(this.#onError);
    return clip;
  }
}
