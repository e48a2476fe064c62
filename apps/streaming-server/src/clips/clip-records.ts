import { hash } from 'node:crypto';
import type { SerializedBufferV2Header, Sha256 } from '@bnc/contracts';
import type { WireEncoding } from '../delivery/delivery.ts';
import type { ClipRoom } from '../rooms/access.ts';
import type { ClipStore } from './clip-store.ts';
import type { ClipRendition } from './encode-clip.ts';

/** What is known about a clip without its bytes. */
export interface ClipRecord {
  readonly header: SerializedBufferV2Header & { readonly id: string };
  readonly renditions: Readonly<Partial<Record<WireEncoding, ClipRendition>>>;
}

/** A record as releases before this one kept it: each rendition under the url that it had. */
interface FormerRecord {
  readonly header: ClipRecord['header'];
  readonly forms: Readonly<Partial<Record<WireEncoding, Omit<ClipRendition, 'name'> & { readonly url: string }>>>;
}

const digestBytes = 32;

function digestOf(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer');
}

/** Writes a value so that damage shows when it is read. */
function pack(value: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(value));
  return Buffer.concat([digestOf(json), json]);
}

function unpack(bytes: Buffer): unknown {
  const json = bytes.subarray(digestBytes);
  return digestOf(json).equals(bytes.subarray(0, digestBytes)) ? JSON.parse(json.toString()) : undefined;
}

/** Keeps the records of clips, and the rooms that they were made for, in the store of their bytes. */
export class ClipRecords {
  readonly #store: ClipStore;

  constructor(store: ClipStore) {
    this.#store = store;
  }

  /** Returns the record of the clip with this key. */
  async get(key: Sha256): Promise<ClipRecord | undefined> {
    const bytes = await this.#store.get(`${key}.clip`);
    const record = bytes && (unpack(bytes) as ClipRecord | FormerRecord | undefined);
    return record && ('forms' in record ? renewed(record) : record);
  }

  /** Keeps the record of a clip. */
  put(key: Sha256, record: ClipRecord): Promise<void> {
    return this.#store.put(`${key}.clip`, pack(record));
  }

  /** Returns the rooms that the bytes with this hash were made for. */
  async rooms(sha256: Sha256): Promise<readonly ClipRoom[]> {
    const bytes = await this.#store.get(`${sha256}.rooms`);
    return ((bytes && unpack(bytes)) ?? []) as readonly ClipRoom[];
  }

  /** Notes that the bytes with this hash are for one more room. */
  async addRoom(sha256: Sha256, room: ClipRoom): Promise<void> {
    const rooms = await this.rooms(sha256);
    const isKnown = rooms.some(
      ({ repoId, repositoryId }) => repoId === room.repoId && repositoryId === room.repositoryId,
    );
    if (!isKnown) await this.#store.put(`${sha256}.rooms`, pack([...rooms, room]));
  }

  /** Forgets that a clip was made for a room; renditions that were made for no other room are deleted. */
  async forget(key: Sha256, isRoom: (room: ClipRoom) => boolean): Promise<void> {
    const record = await this.get(key);
    if (!record) return;
    let isUsed = false;
    for (const { sha256, name } of Object.values(record.renditions)) {
      const rooms = await this.rooms(sha256);
      const others = rooms.filter((room) => !isRoom(room));
      isUsed ||= others.length > 0;
      if (others.length > 0) await this.#store.put(`${sha256}.rooms`, pack(others));
      else await Promise.all([this.#store.delete(`${sha256}.rooms`), this.#store.delete(name)]);
    }
    if (!isUsed) await this.#store.delete(`${key}.clip`);
  }
}

function renewed({ header, forms }: FormerRecord): ClipRecord {
  const renditions: Partial<Record<WireEncoding, ClipRendition>> = {};
  for (const { url, ...rendition } of Object.values(forms)) {
    renditions[rendition.encoding] = { ...rendition, name: url.slice(url.lastIndexOf('/') + 1) };
  }
  return { header, renditions };
}
