import { gzipSync } from 'node:zlib';
import type { Benchmark } from '@bnc/bench';
import { decode, deserialize, type EncodeOptions, encode, serialize, stringifyV1 } from '@bnc/buffer-serializer';
import { decodeFlac } from '@bnc/buffer-serializer/flac';
import { encodeWith, rawArguments, rawOf, readSeedJson, seedJson, timed, wavOf } from './material.ts';
import { phrase, phrases } from './phrase.ts';

const forms: readonly { readonly name: string; readonly options: EncodeOptions; readonly atMost?: number }[] = [
  { name: 'FLAC 24', options: { encoding: 'flac' }, atMost: 0.11 },
  { name: 'FLAC 16', options: { encoding: 'flac', bitDepth: 16 }, atMost: 0.062 },
  { name: 'Opus 128', options: { encoding: 'opus' }, atMost: 0.01 },
  { name: 'f32-shuffle-deflate', options: { encoding: 'f32-shuffle-deflate' }, atMost: 0.18 },
  { name: 'pcm-f32le', options: { encoding: 'pcm-f32le' } },
  { name: 'pcm-s16le', options: { encoding: 'pcm-s16le' } },
];

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

/** Bytes of all phrases together, and the time for one of 5 s, beside the seed's JSON. */
export const benchmark: Benchmark = {
  name: 'buffer-serializer/wire (a push, a merge, a red build and a star; stereo, 44.1 kHz)',
  run: async (bench) => {
    const all = phrases();
    const texts = all.map(seedJson);
    const peers = {
      'seed JSON': sum(texts.map((text) => text.length)),
      'gzip JSON': sum(texts.map((text) => gzipSync(text).length)),
    };
    const sized = (name: string, value: number, atMost?: number): void => {
      bench.record({ name, unit: 'bytes', value, peers, ...(atMost && { goal: { peer: 'seed JSON', atMost } }) });
    };
    sized('v1, shortest decimals', sum(all.map((one) => stringifyV1(one).length)), 0.59);
    for (const { name, options, atMost } of forms) {
      sized(name, sum((await Promise.all(all.map((one) => encode(one, options)))).map(({ bytes }) => bytes)), atMost);
    }

    const buffer = phrase(5);
    const seed = seedJson(buffer);
    for (const bitDepth of [24, 16] as const) {
      const best = await encode(buffer, { encoding: 'flac', bitDepth, compressionLevel: 8 });
      const raw = rawOf(decodeFlac(best.data), bitDepth);
      const [five, eight] = ['-5', '-8'].map((level) =>
        encodeWith('flac', [level, ...rawArguments(buffer, bitDepth)], raw),
      );
      if (five && eight) {
        bench.record({
          name: `FLAC ${bitDepth}, level 8, 5 s`,
          unit: 'bytes',
          value: best.bytes,
          peers: { 'flac -8': eight.bytes, 'flac -5': five.bytes },
          goal: { peer: 'flac -8', atMost: 1.005 },
        });
      } else bench.skip(`FLAC ${bitDepth} beside flac`, 'install flac');
    }
    const opusenc = encodeWith('opusenc', ['--bitrate', '128', '--quiet'], wavOf(buffer));
    const opus = await encode(buffer, { encoding: 'opus' });
    if (opusenc) {
      bench.record({
        name: 'Opus 128, 5 s',
        unit: 'bytes',
        value: opus.bytes,
        peers: { 'opusenc 128': opusenc.bytes },
      });
    } else bench.skip('Opus beside opusenc', 'install opus-tools');

    const writeSeed = (): Promise<number> => timed(() => bench.use(seedJson(buffer)));
    const readSeed = (): Promise<number> => timed(() => bench.use(readSeedJson(seed)));
    await bench.compare({
      name: 'v1 write',
      unit: 'ms',
      ours: () => timed(() => bench.use(stringifyV1(buffer))),
      peers: {
        'seed JSON': writeSeed,
        'JSON.stringify(serialize())': () => timed(() => bench.use(JSON.stringify(serialize(buffer)))),
      },
    });
    const text = stringifyV1(buffer);
    await bench.compare({
      name: 'v1 read',
      unit: 'ms',
      ours: () => timed(() => bench.use(deserialize(JSON.parse(text)))),
      peers: { 'seed JSON': readSeed },
    });
    for (const { name, options } of forms) {
      const encoded = await encode(buffer, options);
      const isFlac24 = name === 'FLAC 24';
      await bench.compare({
        name: `${name} encode`,
        unit: 'ms',
        ours: () => timed(async () => bench.use(await encode(buffer, options))),
        peers: { 'seed JSON': writeSeed },
        rounds: 11,
        ...(isFlac24 && { goal: { peer: 'seed JSON', atMost: 1 } }),
      });
      await bench.compare({
        name: `${name} decode`,
        unit: 'ms',
        ours: () => timed(async () => bench.use(await decode(encoded))),
        peers: { 'seed JSON': readSeed },
        rounds: 11,
        ...(isFlac24 && { goal: { peer: 'seed JSON', atMost: 0.7 } }),
      });
    }
  },
};
