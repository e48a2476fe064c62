import { SerializerError } from '../errors.ts';
import { concatenate } from '../pcm/pcm.ts';

/** Pages of about a second keep the overhead below 0.4 % and let a player seek. */
const packetsPerPage = 50;
const maxSegments = 255;
const maxSegmentBytes = 255;
/** Flags of a page's header (RFC 3533 section 6). */
const continuedPage = 1;
const firstPage = 2;
const lastPage = 4;
const serialNumber = 0x6d656f77;

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
  return crc >>> 0;
});

const crcAt = 22;

/** A packet and the granule position after it. */
export interface OggPacket {
  readonly data: Uint8Array;
  readonly granule: number;
}

/** Writes an Ogg stream, page by page. */
export class OggWriter {
  #pages = 0;
  #page: OggPacket[] = [];
  #segments = 0;

  /** Writes header packets, each on a page of its own, as RFC 7845 section 3 asks. */
  headers(packets: readonly Uint8Array[]): Uint8Array<ArrayBuffer>[] {
    return packets.map((data) => this.#write([{ data, granule: 0 }], this.#pages === 0 ? firstPage : 0));
  }

  /** Takes a packet. @returns the page before it, if that is full. */
  push(packet: OggPacket): Uint8Array<ArrayBuffer> | undefined {
    const segments = segmentsOf(packet);
    const isFull = this.#page.length === packetsPerPage || this.#segments + segments > maxSegments;
    const page = isFull ? this.#write(this.#page, 0) : undefined;
    if (isFull) {
      this.#page = [];
      this.#segments = 0;
    }
    this.#page.push(packet);
    this.#segments += segments;
    return page;
  }

  /** Writes the last page. */
  end(): Uint8Array<ArrayBuffer> {
    return this.#write(this.#page, lastPage);
  }

  #write(packets: readonly OggPacket[], flags: number): Uint8Array<ArrayBuffer> {
    return writePage(packets, this.#pages++, flags);
  }
}

function corrupt(message: string): SerializerError {
  return new SerializerError('SERIALIZER_CORRUPT', `Not Ogg: ${message}`);
}

/** A packet that was read; it has a granule position if it is the last to end on its page. */
export interface OggReadPacket {
  readonly data: Uint8Array;
  readonly granule: number | undefined;
}

/** One logical stream: its packets, and whether its last page says that it is the last. */
export interface OggStream {
  readonly packets: readonly OggReadPacket[];
  readonly hasEnd: boolean;
}

/**
 * Reads an Ogg file: one stream, or several chained ones. Checks the checksum and the order of every page. Allows for
 * two faults of recorded live streams: the last page may lack its flag, and its last packet may then lack its end; and
 * pages may be missing between the `headers` packets and the first page after them, whose first packet may lack its
 * beginning.
 *
 * @param maxPackets The most packets; more is `SERIALIZER_LIMIT`, because a packet of one byte takes a hundred bytes of
 * memory.
 */
export function readOgg(bytes: Uint8Array, headers: number, maxPackets: number): OggStream[] {
  const view = viewOf(bytes);
  const streams: { packets: OggReadPacket[]; hasEnd: boolean; readonly serial: number }[] = [];
  let pending: Uint8Array[] = [];
  let sequence = 0;
  let count = 0;
  for (let at = 0; at < bytes.length; ) {
    if (at + 27 > bytes.length || view.getUint32(at) !== 0x4f676753 || bytes[at + 4] !== 0) {
      throw corrupt(`no page at byte ${at}.`);
    }
    const segments = bytes[at + 26] as number;
    const lacing = bytes.subarray(at + 27, at + 27 + segments);
    let from = at + 27 + segments;
    const end = from + lacing.reduce((size, part) => size + part, 0);
    if (end > bytes.length) throw corrupt('the last page is cut short.');
    if (view.getUint32(at + crcAt, true) !== crcOf(bytes.subarray(at, end))) {
      throw corrupt(`the checksum of the page at byte ${at} is wrong.`);
    }
    const flags = bytes[at + 5] as number;
    const serial = view.getUint32(at + 14, true);
    const number = view.getUint32(at + 18, true);
    if (flags & firstPage) {
      if (pending.length > 0 && streams.at(-1)?.hasEnd) throw corrupt('a packet is cut short.');
      pending = [];
      streams.push({ packets: [], hasEnd: false, serial });
      sequence = number;
    }
    const stream = streams.at(-1);
    if (!stream) throw corrupt('the first page is missing.');
    if (stream.hasEnd) throw corrupt('data follow the last page.');
    const isJoin = stream.packets.length === headers && pending.length === 0;
    if (stream.serial !== serial || (number !== sequence && !isJoin)) {
      throw corrupt('pages are missing or of several streams.');
    }
    let isContinued = (flags & continuedPage) !== 0;
    if (isContinued ? pending.length === 0 && !isJoin : pending.length > 0) throw corrupt('a packet is cut short.');
    isContinued &&= pending.length === 0;
    const ended: Uint8Array[] = [];
    for (const size of lacing) {
      pending.push(bytes.subarray(from, from + size));
      from += size;
      if (size === maxSegmentBytes) continue;
      if (!isContinued) ended.push(pending.length === 1 ? (pending[0] as Uint8Array) : concatenate(pending));
      isContinued = false;
      pending = [];
    }
    count += ended.length;
    if (count > maxPackets) {
      throw new SerializerError(
        'SERIALIZER_LIMIT',
        `The data hold more than ${maxPackets} packets. Send less, or raise maxSamples.`,
      );
    }
    const granule = view.getBigInt64(at + 6, true);
    for (const [i, data] of ended.entries()) {
      const isLast = i === ended.length - 1;
      stream.packets.push({ data, granule: isLast && granule >= 0n ? Number(granule) : undefined });
    }
    stream.hasEnd = (flags & lastPage) !== 0;
    sequence = (number + 1) >>> 0;
    at = end;
  }
  const last = streams.at(-1);
  if (!last || (pending.length > 0 && last.hasEnd)) throw corrupt('the end is missing.');
  return streams;
}

/** CRC-32 of a page (RFC 3533 section 6), its own field read as zero. */
function crcOf(page: Uint8Array): number {
  let crc = 0;
  for (let i = 0; i < page.length; i++) {
    const byte = i >= crcAt && i < crcAt + 4 ? 0 : (page[i] as number);
    crc = (crc << 8) ^ (crcTable[(crc >>> 24) ^ byte] as number);
  }
  return crc >>> 0;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function segmentsOf(packet: OggPacket): number {
  return Math.floor(packet.data.length / 255) + 1;
}

function writePage(packets: readonly OggPacket[], sequence: number, flags: number): Uint8Array<ArrayBuffer> {
  const segments = packets.reduce((count, packet) => count + segmentsOf(packet), 0);
  const size = packets.reduce((bytes, { data }) => bytes + data.length, 27 + segments);
  const page = new Uint8Array(size);
  const view = viewOf(page);
  page.set([0x4f, 0x67, 0x67, 0x53, 0, flags]);
  view.setBigUint64(6, BigInt(packets.at(-1)?.granule ?? 0), true);
  view.setUint32(14, serialNumber, true);
  view.setUint32(18, sequence, true);
  page[26] = segments;
  let lacing = 27;
  let at = 27 + segments;
  for (const { data } of packets) {
    page.fill(255, lacing, lacing + segmentsOf({ data, granule: 0 }) - 1);
    lacing += Math.floor(data.length / 255);
    page[lacing++] = data.length % 255;
    page.set(data, at);
    at += data.length;
  }
  view.setUint32(crcAt, crcOf(page), true);
  return page;
}
