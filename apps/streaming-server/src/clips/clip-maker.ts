import { hash } from 'node:crypto';
import type { MusicalParameters, Score, Sha256 } from '@bnc/contracts';
import type { OfflineRenderer } from '@bnc/offline-renderer';
import { type Delivery, encodingsOf, type WireEncoding } from '../delivery/delivery.ts';
import type { ClipRoom } from '../rooms/access.ts';
import { NewestMap } from '../rooms/newest-map.ts';
import { Clip } from './clip.ts';
import type { ClipRecords } from './clip-records.ts';
import type { ClipStore } from './clip-store.ts';
import type { EncodedClip, OpusSettings } from './encode-clip.ts';
import { finishModule } from './renderer.ts';

/** Clips kept in memory, ready to send: those that were used last. */
const maxClips = 16;

/**
 * Names the clip of parameters or a score: the same ones always give the same samples. Reasons are words, not sound.
 */
export function clipKeyOf(input: MusicalParameters | Score): Sha256 {
  return hash('sha256', JSON.stringify({ ...input, reasons: undefined }));
}

/** Which clip is wanted, and how. */
export interface ClipOptions {
  readonly input: MusicalParameters | Score;
  /** Renders with different keys take turns. */
  readonly fairKey: string;
  /** The room whose listeners may fetch what they get links to. */
  readonly room: ClipRoom;
  /** What must be ready: bytes in memory for inline deliveries, bytes in the store for links. */
  readonly deliveries: readonly Delivery[];
  readonly signal: AbortSignal;
  /** How Opus is written. */
  readonly opus?: OpusSettings;
  /** Sample rate of the render in hertz. Default 44,100. */
  readonly sampleRate?: number;
}

/** What `ClipMaker` works with. */
export interface ClipMakerOptions {
  readonly renderer: OfflineRenderer;
  readonly store: ClipStore;
  readonly records: ClipRecords;
  /** Called for each clip that was wanted, with where it came from and, for a render, the time in ms that it took. */
  onClip?(from: 'memory' | 'store' | 'render', ms: number): void;
  onError(error: unknown): void;
}

/** Makes clips, each encoding once: from memory, from the store, or by rendering. */
export class ClipMaker {
  readonly #renderer: OfflineRenderer;
  readonly #store: ClipStore;
  readonly #records: ClipRecords;
  readonly #onClip: (from: 'memory' | 'store' | 'render', ms: number) => void;
  readonly #onError: (error: unknown) => void;
  /** Newest last. */
  readonly #clips = new NewestMap<Sha256, Clip>(maxClips);
  /** The clips that are being made, so that two requests at the same time share the work. */
  readonly #making = new Map<Sha256, Promise<Clip>>();

  constructor({ renderer, store, records, onClip = () => {}, onError }: ClipMakerOptions) {
    this.#renderer = renderer;
    this.#store = store;
    this.#records = records;
    this.#onClip = onClip;
    this.#onError = onError;
  }

  /**
   * Returns the clip, ready for every delivery that is wanted.
   * @throws {RenderError} with the code of what happened.
   */
  async clip(options: ClipOptions): Promise<Clip> {
    const key = clipKeyOf(options.input);
    const made = this.#after(this.#making.get(key), key, options);
    this.#making.set(key, made);
    try {
      return await made;
    } finally {
      if (this.#making.get(key) === made) this.#making.delete(key);
    }
  }

  async #after(before: Promise<Clip> | undefined, key: Sha256, options: ClipOptions): Promise<Clip> {
    await before?.catch(() => {});
    const held = this.#clips.get(key);
    const known = held ?? (await this.#find(key));
    const missing: WireEncoding[] = [];
    for (const encoding of new Set(options.deliveries.flatMap(encodingsOf))) {
      if (!known || !(await this.#has(known, encoding, options))) missing.push(encoding);
    }
    const from = performance.now();
    const isMade = known !== undefined && missing.length === 0;
    const clip = isMade ? known : await this.#render(key, known, missing, options);
    this.#onClip(isMade ? (held ? 'memory' : 'store') : 'render', performance.now() - from);
    await this.#open(clip, options);
    this.#clips.set(key, clip);
    return clip;
  }

  async #find(key: Sha256): Promise<Clip | undefined> {
    const record = await this.#records.get(key);
    return record && new Clip(key, record);
  }

  /** Tells whether a rendition is where it is wanted; bytes that are wanted in memory are read. */
  async #has(clip: Clip, encoding: WireEncoding, options: ClipOptions): Promise<boolean> {
    const rendition = clip.rendition(encoding);
    if (!rendition) return false;
    const { isInline, isLinked } = wantedAs(encoding, options);
    if (isLinked && clip.isKept(encoding) && (await this.#store.locate(rendition.name)) === undefined) return false;
    if (!isInline || clip.has(encoding)) return true;
    const bytes = await this.#store.get(rendition.name);
    if (bytes) clip.hold(encoding, bytes);
    return bytes !== undefined;
  }

  async #render(
    key: Sha256,
    known: Clip | undefined,
    missing: readonly WireEncoding[],
    options: ClipOptions,
  ): Promise<Clip> {
    const { header, renditions } = await this.#renderer.render<EncodedClip>(options.input, {
      key: options.fairKey,
      signal: options.signal,
      finish: finishModule,
      finishOptions: { encodings: missing, opus: options.opus },
      ...(options.sampleRate !== undefined && { sampleRate: options.sampleRate }),
    });
    const clip = known ?? new Clip(key, { header, renditions: {} });
    const made: (EncodedClip['renditions'][number] & { isKept: boolean })[] = [];
    for (const { rendition, data } of renditions) {
      // A full disk costs a render later, never the sound now.
      made.push({ rendition, data, isKept: await this.#keep(this.#store.put(rendition.name, data)) });
      if (wantedAs(rendition.encoding, options).isInline) clip.hold(rendition.encoding, data);
    }
    clip.add(made);
    await this.#keep(this.#records.put(key, clip.record));
    return clip;
  }

  /** Lets everyone who may listen to the room fetch what they get links to. */
  async #open(clip: Clip, options: ClipOptions): Promise<void> {
    for (const encoding of new Set(options.deliveries.flatMap(encodingsOf))) {
      const sha256 = clip.rendition(encoding)?.sha256;
      if (sha256 === undefined || !clip.isKept(encoding) || !wantedAs(encoding, options).isLinked) continue;
      await this.#keep(this.#records.addRoom(sha256, options.room));
    }
  }

  async #keep(stored: Promise<void>): Promise<boolean> {
    try {
      await stored;
      return true;
    } catch (error) {
      this.#onError(error);
      return false;
    }
  }
}

function wantedAs(encoding: WireEncoding, { deliveries }: ClipOptions): { isInline: boolean; isLinked: boolean } {
  const wanting = deliveries.filter((delivery) => encodingsOf(delivery).includes(encoding));
  return {
    isInline: wanting.some(({ kind }) => kind === 'inline'),
    isLinked: wanting.some(({ kind }) => kind !== 'inline'),
  };
}
