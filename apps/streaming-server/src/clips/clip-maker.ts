import { createHash } from 'node:crypto';
import type { MusicalParameters, Sha256 } from '@bnc/contracts';
import type { OfflineRenderer } from '@bnc/offline-renderer';
import { formatsOf, type StreamForm, type StreamFormat } from '../delivery/form.ts';
import type { ClipRoom } from '../rooms/access.ts';
import { Clip } from './clip.ts';
import { type ClipRecords, nameOf } from './clip-records.ts';
import type { ClipStore } from './clip-store.ts';
import type { ClipForm, EncodedClip } from './encode-clip.ts';

/** Clips kept in memory, ready to send: the newest of as many rooms. */
const maxClips = 16;

const finishModule = new URL(
  import.meta.url.endsWith('.ts') ? './encode-clip.ts' : './encode-clip.js',
  import.meta.url,
);

/** Names the clip of a phrase: the same parameters always give the same samples. Reasons are words, not sound. */
export function clipKeyOf(params: MusicalParameters): Sha256 {
  return createHash('sha256')
    .update(JSON.stringify({ ...params, reasons: undefined }))
    .digest('hex');
}

/** What somebody wants of a clip. */
export interface ClipWish {
  readonly params: MusicalParameters;
  /** Those who wish with one key take turns with the others. */
  readonly fairKey: string;
  /** The room whose listeners may fetch what they get links to. */
  readonly room: ClipRoom;
  /** Forms that must be there: bytes in memory for those inline, in the store for those by url. */
  readonly forms: readonly StreamForm[];
  readonly signal: AbortSignal;
}

/** Makes clips, each form once: from memory, from the store, or by rendering. */
export class ClipMaker {
  readonly #renderer: OfflineRenderer;
  readonly #store: ClipStore;
  readonly #records: ClipRecords;
  readonly #onError: (error: unknown) => void;
  /** Newest last. */
  readonly #clips = new Map<Sha256, Clip>();
  /** The last wish for each clip, so that two who ask at once share what is made. */
  readonly #wishes = new Map<Sha256, Promise<Clip>>();

  constructor({
    renderer,
    store,
    records,
    onError,
  }: { renderer: OfflineRenderer; store: ClipStore; records: ClipRecords; onError(error: unknown): void }) {
    this.#renderer = renderer;
    this.#store = store;
    this.#records = records;
    this.#onError = onError;
  }

  /**
   * The clip of these parameters, with every form that is wanted.
   * @throws {RenderError} with the code of what happened.
   */
  async clip(wish: ClipWish): Promise<Clip> {
    const key = clipKeyOf(wish.params);
    const made = this.#after(this.#wishes.get(key), key, wish);
    this.#wishes.set(key, made);
    try {
      return await made;
    } finally {
      if (this.#wishes.get(key) === made) this.#wishes.delete(key);
    }
  }

  async #after(before: Promise<Clip> | undefined, key: Sha256, wish: ClipWish): Promise<Clip> {
    await before?.catch(() => {});
    const known = this.#clips.get(key) ?? (await this.#find(key));
    const missing: StreamFormat[] = [];
    for (const format of new Set(wish.forms.flatMap(formatsOf))) {
      if (!known || !(await this.#has(known, format, wish))) missing.push(format);
    }
    const clip = known && missing.length === 0 ? known : await this.#render(key, known, missing, wish);
    await this.#open(clip, wish);
    this.#clips.delete(key);
    this.#clips.set(key, clip);
    const [oldest] = this.#clips.keys();
    if (this.#clips.size > maxClips && oldest !== undefined) this.#clips.delete(oldest);
    return clip;
  }

  async #find(key: Sha256): Promise<Clip | undefined> {
    const record = await this.#records.get(key);
    return record && new Clip(key, record);
  }

  /** Tells whether a form is where it is wanted; bytes that are wanted in memory are read. */
  async #has(clip: Clip, format: StreamFormat, { forms }: ClipWish): Promise<boolean> {
    const form = clip.record.forms[format];
    if (!form) return false;
    const isInline = forms.some((wanted) => wanted.delivery === 'inline' && wanted.format === format);
    const isLinked = forms.some((wanted) => wanted.delivery === 'url' && wanted.formats.some((one) => one === format));
    if (isLinked && !clip.unkept.has(format) && (await this.#store.locate(nameOf(form))) === undefined) return false;
    if (!isInline || clip.bytes.has(format)) return true;
    const bytes = await this.#store.get(nameOf(form));
    if (bytes) clip.bytes.set(format, bytes);
    return bytes !== undefined;
  }

  async #render(
    key: Sha256,
    known: Clip | undefined,
    missing: readonly StreamFormat[],
    { params, fairKey, forms, signal }: ClipWish,
  ): Promise<Clip> {
    const { header, forms: encoded } = await this.#renderer.render<EncodedClip>(params, {
      key: fairKey,
      signal,
      finish: finishModule,
      finishOptions: { formats: missing },
    });
    const clip = known ?? new Clip(key, { header, forms: {} });
    const made: Partial<Record<StreamFormat, ClipForm>> = {};
    for (const { data, ...form } of encoded) {
      const { encoding } = form;
      made[encoding] = form;
      // A full disk costs a render later, never the sound now.
      const isKept = await this.#keep(this.#store.put(nameOf(form), data));
      if (isKept) clip.unkept.delete(encoding);
      else clip.unkept.add(encoding);
      if (!isKept || forms.some((wanted) => wanted.delivery === 'inline' && wanted.format === encoding)) {
        clip.bytes.set(encoding, data);
      }
    }
    clip.record = { header, forms: { ...clip.record.forms, ...made } };
    await this.#keep(this.#records.put(key, clip.record));
    return clip;
  }

  /** Lets those who may listen to the room fetch what they get links to. */
  async #open({ record, unkept }: Clip, { room, forms }: ClipWish): Promise<void> {
    const linked = new Set(forms.flatMap((form) => (form.delivery === 'url' ? form.formats : [])));
    for (const format of linked) {
      const sha256 = record.forms[format]?.sha256;
      if (sha256 !== undefined && !unkept.has(format)) await this.#keep(this.#records.addRoom(sha256, room));
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
