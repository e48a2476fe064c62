import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAudioBufferLike, decodeWav, deserialize, encodeWav, type SerializerError } from '@bnc/buffer-serializer';
import { decodeFlac, encodeFlac } from '@bnc/buffer-serializer/flac';
import { decodeOpus, encodeOpus } from '@bnc/buffer-serializer/opus';
import type { AudioBufferLike } from '@bnc/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bitsOf, chord, distance } from './arbitraries.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bnc-foreign-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function save(name: string, bytes: Uint8Array): void {
  writeFileSync(join(folder, name), bytes);
}

function load(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, name)));
}

/** Runs a program in the folder. @returns its standard output. */
function run(program: string, ...args: string[]): Uint8Array {
  return execFileSync(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26 });
}

function joined(...parts: readonly (Uint8Array | string | number[])[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'string' ? [...Buffer.from(part, 'latin1')] : [...part])),
  );
}

async function codeOf(read: () => unknown): Promise<unknown> {
  try {
    await read();
    return 'read';
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
}

const clip = chord(0.3, 44_100);

describe('a FLAC file', () => {
  const plain = encodeFlac(clip, { bitDepth: 16 });
  const wanted = bitsOf(decodeFlac(plain));

  /** Makes the header state no length and no hash, as a program that writes to a pipe does. */
  function withoutLength(file: Uint8Array): Uint8Array {
    const bytes = file.slice();
    bytes[21] = (bytes[21] ?? 0) & 0xf0;
    bytes.fill(0, 22, 42);
    return bytes;
  }

  const id3v2 = joined('ID3\x04\0\0\0\0\x02\x05', new Uint8Array(2 * 128 + 5));
  const id3v2WithFooter = joined('ID3\x04\0\x10\0\0\0\x14', new Uint8Array(20), '3DI\x04\0\x10\0\0\0\x14');
  const id3v1 = joined('TAG', new Uint8Array(125));
  const ape = joined(
    'APETAGEX',
    [208, 7, 0, 0, 42, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 160],
    new Uint8Array(8),
    'some item!',
    'APETAGEX',
    [208, 7, 0, 0, 42, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 128],
    new Uint8Array(8),
  );

  it.each([
    ['an ID3v2 tag in front', [id3v2], []],
    ['two ID3v2 tags in front, one with a footer', [id3v2, id3v2WithFooter], []],
    ['an ID3v1 tag behind', [], [id3v1]],
    ['an APE tag and an ID3v1 tag behind', [], [ape, id3v1]],
    ['an ID3v2.4 tag behind', [], [id3v2WithFooter]],
    ['zeros behind', [], [new Uint8Array(1000)]],
  ])('with %s is read, whether it states its length or not', (_, front, behind) => {
    for (const file of [plain, withoutLength(plain)]) {
      expect(bitsOf(decodeFlac(joined(...front, file, ...behind)))).toEqual(wanted);
    }
  });

  it('that states no length is read to its end, in a message too, within the limits', async () => {
    const bytes = withoutLength(plain);
    expect(bitsOf(decodeFlac(bytes))).toEqual(wanted);
    expect(await codeOf(() => decodeFlac(bytes, { maxSamples: clip.length * 2 }))).toBe('read');
    expect(await codeOf(() => decodeFlac(bytes, { maxSamples: clip.length * 2 - 1 }))).toBe('SERIALIZER_LIMIT');
    const { sampleRate, length, numberOfChannels } = clip;
    const message = {
      v: 2,
      sampleRate,
      length,
      numberOfChannels,
      encoding: 'flac',
      data: Buffer.from(bytes).toString('base64'),
    };
    expect((await deserialize(message)).length).toBe(length);
    for (const lie of [length - 1, length + 1, 0]) {
      expect(await codeOf(() => deserialize({ ...message, length: lie }))).toMatch(/LENGTH_MISMATCH|CORRUPT/);
    }
    expect(decodeFlac(withoutLength(encodeFlac(createAudioBufferLike([new Float32Array(0)], 8000)))).length).toBe(0);
  });

  it('that states no length and is cut short within a frame is refused', async () => {
    expect(await codeOf(() => decodeFlac(withoutLength(plain).subarray(0, -5)))).toBe('SERIALIZER_CORRUPT');
    expect(await codeOf(() => decodeFlac(joined(withoutLength(plain), 'noise')))).toBe('SERIALIZER_CORRUPT');
    expect(await codeOf(() => decodeFlac(joined(plain, 'noise')))).toBe('SERIALIZER_LENGTH_MISMATCH');
  });

  it('whose samples do not match their MD5 is refused, or read and reported', () => {
    const bytes = plain.slice();
    bytes[30] = (bytes[30] ?? 0) ^ 1;
    expect(() => decodeFlac(bytes)).toThrowError(expect.objectContaining({ code: 'SERIALIZER_HASH_MISMATCH' }));
    const reports: SerializerError[] = [];
    const buffer = decodeFlac(bytes, { onHashMismatch: (error) => reports.push(error) });
    expect(bitsOf(buffer)).toEqual(wanted);
    expect(reports.map(({ code }) => code)).toEqual(['SERIALIZER_HASH_MISMATCH']);
  });

  it.each([8, 16, 24, 32])('of %i bits by flac is read as it was written, its MD5 verified', (bits) => {
    const stored = Math.ceil(bits / 8);
    const values = Array.from({ length: 6000 }, (_, i) =>
      Math.floor(Math.sin(i / 9) * Math.cos(i / 700) * (2 ** (bits - 1) - 1)),
    );
    const raw = Buffer.alloc(values.length * stored);
    for (const [i, value] of values.entries()) raw.writeIntLE(value, i * stored, stored);
    save('values.raw', raw);
    const rawFormat = ['--force-raw-format', '--endian=little', '--sign=signed', `--bps=${bits}`, '--channels=2'];
    for (const level of ['-0', '-8']) {
      run(
        'flac',
        '--silent',
        '--force',
        '--lax',
        level,
        ...rawFormat,
        '--sample-rate=44100',
        '-o',
        'values.flac',
        'values.raw',
      );
      const buffer = decodeFlac(load('values.flac'));
      const read = values.map((_, i) => buffer.getChannelData(i % 2)[i >> 1]);
      expect(read).toEqual(values.map((value) => Math.fround(value / 2 ** (bits - 1))));
    }
  });

  it('of 20 bits is read as it was written, its MD5 verified', () => {
    save('source.wav', encodeWav(chord(0.1, 48_000, 3)));
    run('sox', '-D', 'source.wav', '-b', '24', 'twenty.wav');
    const wav = load('twenty.wav');
    wav[38] = 20; // bits in use of the 24
    for (let at = wav.length - 14_400 * 3; at < wav.length; at += 3) wav[at] = (wav[at] ?? 0) & 0xf0;
    save('twenty.wav', wav);
    run('flac', '--silent', '--force', '--channel-map=none', '-o', 'twenty.flac', 'twenty.wav');
    expect(String(run('metaflac', '--show-bps', 'twenty.flac'))).toBe('20\n');
    expect(bitsOf(decodeFlac(load('twenty.flac')))).toEqual(bitsOf(decodeWav(wav)));
  });

  it.each([
    ['from a pipe of ffmpeg', ['-f', 'flac']],
    ['with blocks of 1,000 and 8 channels', ['-ac', '8', '-frame_size', '1000', '-f', 'flac']],
    ['with a rate that frames state in tens of hertz', ['-ar', '12340', '-f', 'flac']],
    ['at 192 kHz', ['-ar', '192000', '-f', 'flac']],
  ])('%s is read as ffmpeg reads it', (_, args) => {
    save('source.wav', encodeWav(clip, { format: 'pcm16' }));
    const bytes = new Uint8Array(run('ffmpeg', '-v', 'error', '-i', 'source.wav', '-sample_fmt', 's16', ...args, '-'));
    save('pipe.flac', bytes);
    run('ffmpeg', '-v', 'error', '-y', '-i', 'pipe.flac', 'judged.wav');
    expect(bitsOf(decodeFlac(bytes))).toEqual(bitsOf(decodeWav(load('judged.wav'))));
  });
});

describe('a WAV file', () => {
  const source = createAudioBufferLike(
    [0, 1].map((side) => Float32Array.from({ length: 999 }, (_, i) => 0.9 * Math.sin(i / (9 + side)))),
    44_100,
  );

  /** What ffmpeg reads, as float32. */
  function judged(name: string): AudioBufferLike {
    run('ffmpeg', '-v', 'error', '-y', '-i', name, '-c:a', 'pcm_f32le', 'judged.wav');
    return decodeWav(load('judged.wav'));
  }

  it.each(['pcm_u8', 'pcm_s16le', 'pcm_s24le', 'pcm_s32le', 'pcm_f32le', 'pcm_f64le', 'pcm_alaw', 'pcm_mulaw'])(
    'of %s is read as ffmpeg reads it, as RIFF, RF64 and from a pipe',
    (codec) => {
      save('source.wav', encodeWav(source));
      const make = ['-v', 'error', '-y', '-i', 'source.wav', '-c:a', codec];
      run('ffmpeg', ...make, 'plain.wav');
      run('ffmpeg', ...make, '-rf64', 'always', 'rf64.wav');
      save('pipe.wav', run('ffmpeg', ...make, '-f', 'wav', '-'));
      const wanted = bitsOf(judged('plain.wav'));
      for (const name of ['plain.wav', 'rf64.wav', 'pipe.wav']) expect(bitsOf(decodeWav(load(name)))).toEqual(wanted);
    },
  );

  it('of six channels and 24 bits has an extensible header by sox, and is read from its pipe', () => {
    save('source.wav', encodeWav(chord(0.05, 48_000, 6)));
    run('sox', '-D', 'source.wav', '-b', '24', 'plain.wav');
    save('pipe.wav', run('sox', '-D', 'source.wav', '-b', '24', '-t', 'wav', '-'));
    const wanted = bitsOf(judged('plain.wav'));
    expect(bitsOf(decodeWav(load('plain.wav')))).toEqual(wanted);
    expect(bitsOf(decodeWav(load('pipe.wav')))).toEqual(wanted);
  });

  const plain = encodeWav(source, { format: 'pcm16' });
  const wanted = bitsOf(decodeWav(plain));

  it.each([0xffff_ffff, 0x8000_0000, 0x7fff_f000])(
    'whose header states %i bytes of data is read to its end',
    (size) => {
      const bytes = joined(plain, [7]); // a live stream ends within a frame
      new DataView(bytes.buffer).setUint32(40, size, true);
      expect(bitsOf(decodeWav(bytes))).toEqual(wanted);
    },
  );

  it('whose header was never completed is read to its end, but not one that is honestly empty', () => {
    const bytes = plain.slice();
    new DataView(bytes.buffer).setUint32(4, 36, true);
    new DataView(bytes.buffer).setUint32(40, 0, true);
    expect(bitsOf(decodeWav(bytes))).toEqual(wanted);
    const empty = joined(
      encodeWav(createAudioBufferLike([new Float32Array(0)], 8000), { format: 'pcm16' }),
      'LIST\x04\0\0\0abcd',
    );
    new DataView(empty.buffer).setUint32(4, empty.length - 8, true);
    expect(decodeWav(empty).length).toBe(0);
  });

  it.each([
    ['padded', 'LIST\x03\0\0\0abc\0'],
    ['not padded', 'LIST\x03\0\0\0abc'],
  ])('with a chunk of an odd size before the data, %s, is read', (_, chunk) => {
    expect(bitsOf(decodeWav(joined(plain.subarray(0, 36), chunk, plain.subarray(36))))).toEqual(wanted);
  });

  it('of 20 bits in three bytes is read', () => {
    const bytes = encodeWav(createAudioBufferLike([new Float32Array(6)], 8000), { format: 'pcm16' });
    const view = new DataView(bytes.buffer);
    view.setUint16(32, 3, true);
    view.setUint16(34, 20, true);
    bytes.set([0, 0, 0x40, 0x10, 0, 0x80], 44);
    expect(Array.from(decodeWav(bytes).getChannelData(0))).toEqual([0.5, -1 + 2 ** -19, 0, 0]);
  });

  it('of float64 beyond what float32 holds is refused', async () => {
    const bytes = encodeWav(createAudioBufferLike([new Float32Array(2)], 8000));
    const view = new DataView(bytes.buffer);
    view.setUint16(32, 8, true);
    view.setUint16(34, 64, true);
    view.setFloat64(bytes.length - 8, 1e300, true);
    expect(await codeOf(() => decodeWav(bytes))).toBe('SERIALIZER_NON_FINITE');
  });
});

describe('an Ogg Opus file', () => {
  /** Changes the header of every page; the checksum follows. */
  function editPages(file: Uint8Array, edit: (page: DataView, number: number) => unknown): Uint8Array {
    const pages: Uint8Array[] = [];
    for (let at = 0, number = 0; at < file.length; number++) {
      const segments = file[at + 26] ?? 0;
      const size = 27 + segments + file.subarray(at + 27, at + 27 + segments).reduce((sum, part) => sum + part, 0);
      const page = file.slice(at, at + size);
      at += size;
      const view = new DataView(page.buffer);
      if (edit(view, number) === false) continue;
      view.setUint32(22, 0, true);
      view.setUint32(22, crc(page), true);
      pages.push(page);
    }
    return joined(...pages);
  }

  function crc(page: Uint8Array): number {
    let sum = 0;
    for (const byte of page) {
      sum ^= byte << 24;
      for (let bit = 0; bit < 8; bit++) sum = (sum << 1) ^ (sum < 0 ? 0x04c11db7 : 0);
    }
    return sum >>> 0;
  }

  /** What opusdec makes of it. */
  function judged(bytes: Uint8Array): AudioBufferLike {
    save('judged.opus', bytes);
    run('opusdec', '--quiet', '--float', '--rate', '48000', 'judged.opus', 'judged.wav');
    return decodeWav(load('judged.wav'));
  }

  const long = chord(3.3, 48_000, 2);

  it('without the flag of the last page is read to its last packet, as opusdec reads it', async () => {
    const bytes = editPages(await encodeOpus(long), (page) => page.setUint8(5, page.getUint8(5) & ~4));
    const theirs = judged(bytes);
    const ours = await decodeOpus(bytes);
    expect(ours.length).toBe(theirs.length);
    expect(ours.length).toBeGreaterThan(long.length);
    expect(distance(ours, theirs)).toBeLessThan(1e-3);
  });

  it.each([
    ['keeps the numbers of its pages', (number: number) => number],
    ['numbers its pages anew', (number: number) => (number < 2 ? number : number - 1)],
  ])('that was joined after the first second is as long as its packets when it %s', async (_, numbered) => {
    const plain = await encodeOpus(long);
    const bytes = editPages(plain, (page, number) => {
      if (number === 2) return false;
      page.setUint32(18, numbered(number), true);
      if (number > 2) page.setBigInt64(6, page.getBigInt64(6, true) + 480_000n, true);
      return true;
    });
    const { length } = await decodeOpus(bytes);
    expect(length).toBe(long.length - 48_000);
    expect(length).toBe(judged(bytes).length);
  });

  it('whose pages are missing further on is refused', async () => {
    const bytes = editPages(await encodeOpus(long), (_, number) => number !== 3);
    expect(await codeOf(() => decodeOpus(bytes))).toBe('SERIALIZER_CORRUPT');
  });

  it('that is several files in a row is read as one, mono on both sides among stereo', async () => {
    const stereo = await encodeOpus(chord(0.5, 48_000, 2));
    const mono = editPages(await encodeOpus(chord(0.25, 48_000, 1)), (page) => page.setUint32(14, 99, true));
    const ours = await decodeOpus(joined(stereo, mono, stereo));
    expect([ours.numberOfChannels, ours.length]).toEqual([2, 60_000]);
    const parts = await Promise.all([stereo, mono].map((bytes) => decodeOpus(bytes)));
    const [first, second] = parts.map((part) => part.getChannelData(0));
    const right = ours.getChannelData(1);
    expect(ours.getChannelData(0).subarray(0, 24_000)).toEqual(first);
    expect(right.subarray(24_000, 36_000)).toEqual(second);
    expect(right.subarray(36_000)).toEqual(right.subarray(0, 24_000));
  });

  it('that starts and ends within packets loses those packets only', async () => {
    // ffmpeg fills its pages to the last byte, so that packets go on from one to the next.
    save('source.wav', encodeWav(chord(4, 48_000, 2)));
    const big = ['-c:a', 'libopus', '-b:a', '510k', '-page_duration', '2000000', 'big.opus'];
    run('ffmpeg', '-v', 'error', '-y', '-i', 'source.wav', ...big);
    const whole = load('big.opus');
    const continued: boolean[] = [];
    editPages(whole, (page) => continued.push((page.getUint8(5) & 1) === 1));
    const last = continued.lastIndexOf(true);
    expect(continued.indexOf(true)).toBe(3);
    expect(last).toBeGreaterThan(4);
    const bytes = editPages(whole, (_, number) => number !== 2 && number < last);
    const { length } = await decodeOpus(bytes);
    const total = (await decodeOpus(whole)).length;
    expect(length).toBeGreaterThan(total / 3);
    expect(length).toBeLessThan(total);
    expect(distance(await decodeOpus(bytes), judged(bytes))).toBeLessThan(1e-3);
  });
});
