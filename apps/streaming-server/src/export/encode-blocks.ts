import { createAudioBufferLike, encode } from '@bnc/buffer-serializer';
import { FlacEncoderStream } from '@bnc/buffer-serializer/flac';
import { OpusEncoderStream } from '@bnc/buffer-serializer/opus';
import { sampleRate } from './mixdown.ts';

/** Formats of files that hold sound, with their media types. */
export const soundTypes = {
  opus: 'audio/ogg; codecs=opus',
  flac: 'audio/flac',
  wav: 'audio/wav',
} as const;

/** One of them. */
export type SoundFormat = keyof typeof soundTypes;

const numberOfChannels = 2;

/** Bytes of one frame in a WAV file: 16 bits per channel. */
const frameBytes = 2 * numberOfChannels;

/** A piece that is to be written to a file. */
export interface Piece {
  readonly blocks: AsyncIterable<readonly Float32Array[]>;
  /** Frames of all blocks. */
  readonly length: number;
  /** Facts for the header of the file. */
  readonly title: string;
  readonly engine: string;
}

/** Writes a piece block by block, as bytes are wanted. */
export function encodeBlocks(format: SoundFormat, piece: Piece): ReadableStream<Uint8Array> {
  const { blocks, length, title, engine } = piece;
  if (format === 'wav') return streamOf(writeWav(piece));
  const options = { sampleRate, numberOfChannels, comments: { TITLE: title, ENCODER: engine } };
  const encoder =
    format === 'flac'
      ? new FlacEncoderStream({ ...options, bitDepth: 16, compressionLevel: 2, length })
      : new OpusEncoderStream(options);
  return streamOf(blocks).pipeThrough(encoder);
}

/** Returns the bytes of a WAV file of a piece. */
export function wavBytes({ length, engine }: Pick<Piece, 'length' | 'engine'>): number {
  return wavHeader(length, engine).length + length * frameBytes;
}

/** Reads from a source only what is wanted. */
function streamOf<Item>(source: AsyncIterable<Item>): ReadableStream<Item> {
  const items = source[Symbol.asyncIterator]();
  return new ReadableStream<Item>(
    {
      pull: async (controller) => {
        const item = await items.next();
        if (item.done === true) controller.close();
        else controller.enqueue(item.value);
      },
      cancel: async () => {
        await items.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

async function* writeWav({ blocks, length, engine }: Piece): AsyncGenerator<Uint8Array> {
  yield wavHeader(length, engine);
  for await (const block of blocks) {
    yield (await encode(createAudioBufferLike(block, sampleRate), { encoding: 'pcm-s16le' })).data;
  }
}

/**
 * Writes the header of a WAV file: its format, the name of the engine (`LIST INFO ISFT`), and the size of what follows.
 */
function wavHeader(length: number, engine: string): Buffer {
  const text = Buffer.from(`${engine}\0${engine.length % 2 === 0 ? '\0' : ''}`);
  const dataBytes = length * frameBytes;
  const format = Buffer.alloc(24);
  format.write('fmt ');
  format.writeUInt32LE(16, 4);
  format.writeUInt16LE(1, 8);
  format.writeUInt16LE(numberOfChannels, 10);
  format.writeUInt32LE(sampleRate, 12);
  format.writeUInt32LE(sampleRate * frameBytes, 16);
  format.writeUInt16LE(frameBytes, 20);
  format.writeUInt16LE(16, 22);
  const info = chunk('LIST', Buffer.concat([Buffer.from('INFO'), chunk('ISFT', text)]));
  const data = sized('data', dataBytes);
  const rest = Buffer.concat([Buffer.from('WAVE'), format, info, data]);
  return Buffer.concat([sized('RIFF', rest.length + dataBytes), rest]);
}

function chunk(name: string, bytes: Buffer): Buffer {
  return Buffer.concat([sized(name, bytes.length), bytes]);
}

function sized(name: string, bytes: number): Buffer {
  const head = Buffer.alloc(8);
  head.write(name);
  head.writeUInt32LE(bytes, 4);
  return head;
}
