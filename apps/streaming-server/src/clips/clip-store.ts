import { hash, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a store holds on this server. */
export interface ClipStoreStats {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Keeps the bytes of clips under names of 64 hexadecimal digits and an extension. It is a cache: what is gone is
 * rendered again, bit for bit.
 */
export interface ClipStore {
  /** Returns the bytes of a name; undefined if they are missing or damaged. */
  get(name: string): Promise<Buffer | undefined>;
  /** Keeps bytes under a name. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Returns the path of a file with the bytes of a name; undefined as for `get`. */
  locate(name: string): Promise<string | undefined>;
  /** Deletes the bytes of a name. */
  delete(name: string): Promise<void>;
  /** Returns what is kept on this server's disk, in constant time. */
  stats(): ClipStoreStats;
}

/** The form of a name in a store. */
const namePattern = /^([0-9a-f]{64})\.([a-z0-9]{1,8})$/;

/** Extensions of files that change; every other file is named after the hash of its bytes. */
const changing: ReadonlySet<string> = new Set(['clip', 'rooms']);

/** How often, in ms, a file that is in use gets a new time, by which a restart knows what was used last. */
const stampMs = 60_000;

/** Tells whether the bytes of a name never change. */
export function isFixed(name: string): boolean {
  return !changing.has(name.slice(65));
}

/** Tells whether bytes are whole, as far as their name can tell. */
function isWhole(name: string, bytes: Uint8Array): boolean {
  return !isFixed(name) || hash('sha256', bytes) === name.slice(0, 64);
}

/** Keeps clips as files in one folder; beyond a budget in bytes, the least recently used files are deleted. */
export class DiskClips implements ClipStore {
  readonly #folder: string;
  readonly #maxBytes: number;
  /** Sizes by name, least recently used first. */
  readonly #sizes = new Map<string, number>();
  /** Names whose bytes this process has written or seen whole, with the time that their file bears. */
  readonly #checked = new Map<string, number>();
  readonly #listed: Promise<void>;
  #bytes = 0;

  /** @param maxBytes - Budget of the folder. Default 256 MiB, about 500 phrases as FLAC. */
  constructor(folder: string, maxBytes: number = 256 * 2 ** 20) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#listed = this.#list();
  }

  async get(name: string): Promise<Buffer | undefined> {
    await this.#listed;
    const bytes = await readFile(this.#path(name)).catch(() => undefined);
    if (!bytes) return this.#forget(name);
    if (!isWhole(name, bytes)) return this.#remove(name);
    await this.#use(name, bytes.length);
    return bytes;
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    await this.#listed;
    if (bytes.length > this.#maxBytes) throw new RangeError(`${name} of ${bytes.length} bytes exceeds the budget`);
    if (isFixed(name) && (await this.locate(name)) !== undefined) return;
    for (const [oldest] of this.#sizes) {
      if (this.#bytes + bytes.length <= this.#maxBytes) break;
      await this.#remove(oldest);
    }
    // Never half a clip under its name, whatever happens in between.
    const half = this.#path(`${name}.${randomUUID()}.part`);
    try {
      await writeFile(half, bytes, { mode: 0o600 });
      await rename(half, this.#path(name));
    } catch (error) {
      await rm(half, { force: true });
      throw error;
    }
    this.#checked.set(name, Date.now());
    this.#touch(name, bytes.length);
  }

  async locate(name: string): Promise<string | undefined> {
    await this.#listed;
    if (!this.#checked.has(name)) return (await this.get(name)) && this.#path(name);
    const size = await stat(this.#path(name)).then(
      (file) => file.size,
      () => undefined,
    );
    if (size === undefined) return this.#forget(name);
    if (size !== this.#sizes.get(name)) return this.#remove(name);
    await this.#use(name, size);
    return this.#path(name);
  }

  async delete(name: string): Promise<void> {
    await this.#listed;
    await this.#remove(name);
  }

  stats(): ClipStoreStats {
    return { files: this.#sizes.size, bytes: this.#bytes };
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  async #use(name: string, size: number): Promise<void> {
    this.#touch(name, size);
    const now = Date.now();
    if (now - (this.#checked.get(name) ?? 0) < stampMs) return;
    this.#checked.set(name, now);
    await utimes(this.#path(name), new Date(now), new Date(now)).catch(() => {});
  }

  #touch(name: string, size: number): void {
    this.#bytes += size - (this.#sizes.get(name) ?? 0);
    this.#sizes.delete(name);
    this.#sizes.set(name, size);
  }

  #forget(name: string): undefined {
    this.#bytes -= this.#sizes.get(name) ?? 0;
    this.#sizes.delete(name);
    this.#checked.delete(name);
  }

  async #remove(name: string): Promise<undefined> {
    this.#forget(name);
    await rm(this.#path(name), { force: true });
  }

  async #list(): Promise<void> {
    const names = await readdir(this.#folder);
    // Unfinished files, and files of earlier releases.
    const others = names.filter((name) => !namePattern.test(name));
    await Promise.all(others.map((name) => rm(this.#path(name), { force: true })));
    const files = await Promise.all(
      names
        .filter((name) => namePattern.test(name))
        .map(async (name) => {
          const { size, mtimeMs } = await stat(this.#path(name));
          return { name, size, mtimeMs };
        }),
    );
    for (const { name, size } of files.toSorted((a, b) => a.mtimeMs - b.mtimeMs)) this.#touch(name, size);
  }
}
