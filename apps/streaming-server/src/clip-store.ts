import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeWav, encodeWav } from '@bnc/buffer-serializer';
import type { AudioBufferLike, MusicalParameters, Sha256 } from '@bnc/contracts';

/** Keeps rendered clips under the hash of their parameters. A cache: what is gone is rendered again, bit for bit. */
export interface ClipStore {
  /** The clip, or undefined where it is not, or no longer, kept whole. */
  get(key: Sha256): Promise<AudioBufferLike | undefined>;
  /** Keeps a clip. */
  put(key: Sha256, clip: AudioBufferLike): Promise<void>;
}

/** Names the clip of a phrase: the same parameters always give the same samples. Reasons are words, not sound. */
export const clipKeyOf = (params: MusicalParameters): Sha256 =>
  createHash('sha256')
    .update(JSON.stringify({ ...params, reasons: undefined }))
    .digest('hex');

/** What is stored: the digest of the rest, then a float32 WAV file. */
const digestBytes = 32;
const digestOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** Packs a clip, so that damage shows when it is read. */
export const packClip = (clip: AudioBufferLike): Buffer => {
  const wav = encodeWav(clip, { format: 'float32' });
  return Buffer.concat([digestOf(wav), wav]);
};

/** Unpacks a clip; undefined when a single bit of it is wrong. */
export const unpackClip = (bytes: Uint8Array): AudioBufferLike | undefined => {
  const wav = bytes.subarray(digestBytes);
  return digestOf(wav).equals(bytes.subarray(0, digestBytes)) ? decodeWav(wav) : undefined;
};

/** Clips as files in one folder, the least recently used giving way to a budget in bytes. */
export class DiskClips implements ClipStore {
  readonly #folder: string;
  readonly #maxBytes: number;
  /** Sizes by key, least recently used first. */
  readonly #sizes = new Map<Sha256, number>();
  readonly #listed: Promise<void>;
  #bytes = 0;

  /** @param maxBytes - Budget of the folder. Default 256 MiB, some 180 phrases. */
  constructor(folder: string, maxBytes: number = 256 * 2 ** 20) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#listed = this.#list();
  }

  async get(key: Sha256): Promise<AudioBufferLike | undefined> {
    await this.#listed;
    const bytes = await readFile(this.#path(key)).catch(() => undefined);
    const clip = bytes && unpackClip(bytes);
    if (bytes && !clip) await this.#remove(key);
    if (!clip) return undefined;
    this.#touch(key, bytes.length);
    const now = new Date();
    await utimes(this.#path(key), now, now).catch(() => {});
    return clip;
  }

  async put(key: Sha256, clip: AudioBufferLike): Promise<void> {
    await this.#listed;
    const bytes = packClip(clip);
    if (bytes.length > this.#maxBytes) return;
    this.#touch(key, bytes.length);
    for (const [oldest] of this.#sizes) {
      if (this.#bytes <= this.#maxBytes) break;
      await this.#remove(oldest);
    }
    // Never half a clip under its name, whatever happens in between.
    const half = this.#path(`${key}.${randomUUID()}.part`);
    try {
      await writeFile(half, bytes, { mode: 0o600 });
      await rename(half, this.#path(key));
    } catch (error) {
      await rm(half, { force: true });
      await this.#remove(key);
      throw error;
    }
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  #touch(key: Sha256, size: number): void {
    this.#bytes += size - (this.#sizes.get(key) ?? 0);
    this.#sizes.delete(key);
    this.#sizes.set(key, size);
  }

  async #remove(key: Sha256): Promise<void> {
    this.#bytes -= this.#sizes.get(key) ?? 0;
    this.#sizes.delete(key);
    await rm(this.#path(key), { force: true });
  }

  async #list(): Promise<void> {
    const names = await readdir(this.#folder);
    await Promise.all(
      names.filter((name) => name.endsWith('.part')).map((name) => rm(this.#path(name), { force: true })),
    );
    const files = await Promise.all(
      names
        .filter((name) => /^[0-9a-f]{64}$/.test(name))
        .map(async (name) => {
          const { size, mtimeMs } = await stat(this.#path(name));
          return { name, size, mtimeMs };
        }),
    );
    for (const { name, size } of files.toSorted((a, b) => a.mtimeMs - b.mtimeMs)) this.#touch(name, size);
  }
}
