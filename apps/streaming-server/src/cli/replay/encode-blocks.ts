import type { SoundEncoding } from '../sound-file.ts';
import type { Stereo } from './mix.ts';

/** Bytes of a frame of a WAV file: two floats. */
const frameBytes = 8;

/** Encodes a piece block by block. */
export async function* encodeBlocks(
  encoding: Exclude<SoundEncoding, 'mid'>,
  blocks: AsyncIterable<Stereo>,
  { sampleRate, length }: { readonly sampleRate: number; readonly length: number },
): AsyncGenerator<Uint8Array> {
  if (encoding === 'wav') {
    yield wavHeader(sampleRate, length);
    for await (const block of blocks) yield interleaved(block);
    return;
  }
  const format = { sampleRate, numberOfChannels: 2 };
  const encoder =
    encoding === 'flac'
      ? new (await import('@bnc/buffer-serializer/flac')).FlacEncoderStream({ ...format, bitDepth: 16, length })
      : new (await import('@bnc/buffer-serializer/opus')).OpusEncoderStream(format);
  const writer = encoder.writable.getWriter();
  const feed = async (): Promise<void> => {
    try {
      for await (const block of blocks) await writer.write(block);
      await writer.close();
    } catch (error) {
      // What reads the bytes gets the reason.
      await writer.abort(error);
    }
  };
  const feeding = feed();
  yield* encoder.readable;
  await feeding;
}

/** The header of a WAV file of two channels of 32-bit floats. */
function wavHeader(sampleRate: number, length: number): Uint8Array {
  const bytes = Buffer.alloc(58);
  const dataBytes = length * frameBytes;
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8 + dataBytes, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(18, 16);
  bytes.writeUInt16LE(3, 20);
  bytes.writeUInt16LE(2, 22);
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(sampleRate * frameBytes, 28);
  bytes.writeUInt16LE(frameBytes, 32);
  bytes.writeUInt16LE(32, 34);
  bytes.write('fact', 38);
  bytes.writeUInt32LE(4, 42);
  bytes.writeUInt32LE(length, 46);
  bytes.write('data', 50);
  bytes.writeUInt32LE(dataBytes, 54);
  return bytes;
}

function interleaved([left, right]: Stereo): Uint8Array {
  const bytes = Buffer.alloc(left.length * frameBytes);
  for (let i = 0; i < left.length; i++) {
    bytes.writeFloatLE(left[i] ?? 0, i * frameBytes);
    bytes.writeFloatLE(right[i] ?? 0, i * frameBytes + 4);
  }
  return bytes;
}
