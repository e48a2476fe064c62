import { createRequire } from 'node:module';
import type { Benchmark } from '@bnc/bench';
import { decodeFlac, encodeFlac } from '@bnc/buffer-serializer/flac';
import { decodeOpus, encodeOpus } from '@bnc/buffer-serializer/opus';
import { FLACDecoder } from '@wasm-audio-decoders/flac';
import { OggOpusDecoder } from 'ogg-opus-decoder';
import { timed } from './material.ts';
import { phrase } from './phrase.ts';

/** The part of libflacjs that is used; its own types describe a global. */
interface LibFlac {
  on(event: 'ready', listener: () => void): void;
  isReady(): boolean;
  create_libflac_encoder(
    rate: number,
    channels: number,
    bits: number,
    level: number,
    total: number,
    verify: boolean,
    block: number,
  ): number;
  init_encoder_stream(id: number, onWrite: (bytes: Uint8Array) => void, onMetadata: () => void): number;
  FLAC__stream_encoder_process_interleaved(id: number, samples: Int32Array, frames: number): boolean;
  FLAC__stream_encoder_finish(id: number): void;
  FLAC__stream_encoder_delete(id: number): void;
}

async function loadLibFlac(): Promise<LibFlac> {
  // Of its builds only the asm.js ones load in Node 24: the wasm ones fetch a bare path.
  const load = createRequire(import.meta.url)('libflacjs') as (variant: string) => LibFlac;
  const library = load('release.asmjs');
  if (!library.isReady()) await new Promise<void>((resolve) => library.on('ready', resolve));
  return library;
}

function encodeWithLibFlac(library: LibFlac, samples: Int32Array, frames: number, level: number): number {
  let bytes = 0;
  const id = library.create_libflac_encoder(44_100, 2, 24, level, frames, false, 0);
  library.init_encoder_stream(
    id,
    (part) => {
      bytes += part.length;
    },
    () => undefined,
  );
  library.FLAC__stream_encoder_process_interleaved(id, samples, frames);
  library.FLAC__stream_encoder_finish(id);
  library.FLAC__stream_encoder_delete(id);
  return bytes;
}

/** The codecs that were chosen beside the libraries that were not. */
export const benchmark: Benchmark = {
  name: 'buffer-serializer/libraries (a phrase of 5 s and its tail, stereo, 44.1 kHz)',
  run: async (bench) => {
    const buffer = phrase(5);
    const [left, right] = [buffer.getChannelData(0), buffer.getChannelData(1)];
    const samples = Int32Array.from({ length: buffer.length * 2 }, (_, i) =>
      Math.round(((i % 2 ? right : left)[i >> 1] ?? 0) * 2 ** 23),
    );
    const libFlac = await loadLibFlac();
    for (const compressionLevel of [5, 8]) {
      bench.record({
        name: `FLAC 24, level ${compressionLevel}`,
        unit: 'bytes',
        value: encodeFlac(buffer, { compressionLevel }).length,
        peers: { libflacjs: encodeWithLibFlac(libFlac, samples, buffer.length, compressionLevel) },
      });
      await bench.compare({
        name: `FLAC 24 encode, level ${compressionLevel}`,
        unit: 'ms',
        ours: () => timed(() => bench.use(encodeFlac(buffer, { compressionLevel }))),
        peers: {
          libflacjs: () => timed(() => bench.use(encodeWithLibFlac(libFlac, samples, buffer.length, compressionLevel))),
        },
      });
    }
    const flac = encodeFlac(buffer);
    const flacDecoder = new FLACDecoder();
    await flacDecoder.ready;
    await bench.compare({
      name: 'FLAC 24 decode',
      unit: 'ms',
      ours: () => timed(() => bench.use(decodeFlac(flac))),
      peers: {
        '@wasm-audio-decoders/flac': async () => {
          const milliseconds = await timed(async () => bench.use(await flacDecoder.decodeFile(flac)));
          await flacDecoder.reset();
          return milliseconds;
        },
      },
      rounds: 11,
    });
    const opus = await encodeOpus(buffer);
    const opusDecoder = new OggOpusDecoder();
    await opusDecoder.ready;
    await bench.compare({
      name: 'Opus decode',
      unit: 'ms',
      ours: () => timed(async () => bench.use(await decodeOpus(opus))),
      peers: {
        'ogg-opus-decoder': async () => {
          const milliseconds = await timed(async () => bench.use(await opusDecoder.decodeFile(opus)));
          await opusDecoder.reset();
          return milliseconds;
        },
      },
      rounds: 11,
    });
  },
};
