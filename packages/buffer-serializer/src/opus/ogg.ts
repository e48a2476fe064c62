import { SerializerError } from '../errors.ts';

/** Pages of about a second keep the overhead below 0.4 % and let a player seek. */
const packetsPerPage = 50;
const maxSegments = 255;
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

/** Joins byte arrays into one that is alone in its `ArrayBuffer`. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Writes an Ogg stream: each header packet on a page of its own, as RFC 7845 section 3 asks, then the others. */
export function writeOgg(headers: readonly Uint8Array[], packets: readonly OggPacket[]): Uint8Array<ArrayBuffer> {
  const pages = headers.map((data, i) => writePage([{ data, granule: 0 }], i, i === 0 ? 2 : 0));
  let page: OggPacket[] = [];
  let segments = 0;
  for (const packet of packets) {
    if (page.length === packetsPerPage || segments + segmentsOf(packet) > maxSegments) {
      pages.push(writePage(page, pages.length, 0));
      page = [];
      segments = 0;
    }
    page.push(packet);
    segments += segmentsOf(packet);
  }
  pages.push(writePage(page, pages.length, 4));
  return concatenate(pages);
}

function corrupt(message: string): SerializerError {
  return new SerializerError('SERIALIZER_CORRUPT', `Not Ogg: ${message}`);
}

/** What an Ogg stream holds: views of its packets and the last granule position. */
export interface OggStream {
  readonly packets: readonly Uint8Array[];
  readonly lastGranule: number;
}

/** Reads an Ogg file of one stream; every page's checksum, order and end are checked. */
export function readOgg(bytes: Uint8Array): OggStream {
  const view = viewOf(bytes);
  const packets: Uint8Array[] = [];
  let pending: Uint8Array[] = [];
  let serial: number | undefined;
  let lastGranule = 0;
  let ended = false;
  for (let at = 0, sequence = 0; at < bytes.length; sequence++) {
    if (ended) throw corrupt('data follow the last page.');
    if (at + 27 > bytes.length || view.getUint32(at) !== 0x4f676753 || bytes[at + 4] !== 0) {
      throw corrupt(`no page at byte ${at}.`);
    }
    const segments = bytes[at + 26] as number;
    const lacing = bytes.subarray(at + 27, at + 27 + segments);
    let from = at + 27 + segments;
    const end = from + lacing.reduce((size, part) => size + part, 0);
    if (end > bytes.length) throw corrupt('the last page is cut short.');
    if (view.getUint32(at + crcAt, true) !== crcOf(bytes.subarray(at, end))) {
      throw corrupt(`the checksum of page ${sequence} is wrong.`);
    }
    serial ??= view.getUint32(at + 14, true);
    if (view.getUint32(at + 14, true) !== serial || view.getUint32(at + 18, true) !== sequence) {
      throw corrupt('pages are missing or of several streams.');
    }
    for (const size of lacing) {
      pending.push(bytes.subarray(from, from + size));
      from += size;
      if (size === 255) continue;
      packets.push(pending.length === 1 ? (pending[0] as Uint8Array) : concatenate(pending));
      pending = [];
    }
    const granule = view.getBigInt64(at + 6, true);
    if (granule >= 0n) lastGranule = Number(granule);
    ended = ((bytes[at + 5] as number) & 4) !== 0;
    at = end;
  }
  if (!ended || pending.length > 0) throw corrupt('the end is missing.');
  return { packets, lastGranule };
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

function writePage(packets: readonly OggPacket[], sequence: number, flags: number): Uint8Array {
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
