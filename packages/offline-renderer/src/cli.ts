#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { encodeWav } from '@bnc/buffer-serializer';
import type { AudioBufferLike, MusicalParameters, Score } from '@bnc/contracts';
import { compose } from '@bnc/music-engine';
import { RenderError } from './errors.ts';
import { integratedLoudness } from './master/loudness.ts';
import { truePeak } from './master/true-peak.ts';
import { OfflineRenderer } from './offline-renderer.ts';

const usage = `Usage: bnc-render <score.json | -> [-o out.wav] [--rate 44100] [--play-info]

Renders a score, or musical parameters, to a WAV file of 32-bit floats.
  -o, --output     File to write. Without it nothing is written.
  --rate           Frames a second. Default 44100.
  --play-info      Prints duration, loudness, true peak, key, tempo and instruments.
`;

function describe(buffer: AudioBufferLike, input: Score | MusicalParameters, score: Score): string {
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, channel) => buffer.getChannelData(channel));
  const key =
    'tracks' in input ? 'not named' : [input.tonic, input.mode].filter(Boolean).join(' ') || input.scale.join(' ');
  return [
    `duration    ${buffer.duration.toFixed(2)} s (music ${score.duration.toFixed(2)} s)`,
    `loudness    ${integratedLoudness(channels, buffer.sampleRate).toFixed(1)} LUFS`,
    `true peak   ${(20 * Math.log10(truePeak(channels))).toFixed(1)} dBTP`,
    `key         ${key}`,
    `tempo       ${score.tempo} BPM`,
    `instruments ${[...new Set(score.tracks.map(({ instrument }) => instrument))].join(', ')}`,
    '',
  ].join('\n');
}

async function run(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      output: { type: 'string', short: 'o' },
      rate: { type: 'string', default: '44100' },
      'play-info': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [file] = positionals;
  if (values.help || file === undefined || positionals.length > 1) {
    process.stdout.write(usage);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const input = JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8')) as Score | MusicalParameters;
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new TypeError('the input must be a score or musical parameters: a JSON object');
  }
  const score = 'tracks' in input ? input : compose(input);
  await using renderer = new OfflineRenderer({ workers: 1, spares: 0, sampleRate: Number(values.rate) });
  const showsProgress = process.stderr.isTTY;
  const buffer = await renderer.render(score, {
    ...(showsProgress && {
      onProgress: (share) => process.stderr.write(`\rrendering ${Math.round(share * 100)} %${share === 1 ? '\n' : ''}`),
    }),
  });
  if (values.output !== undefined) writeFileSync(values.output, encodeWav(buffer));
  if (values['play-info']) process.stdout.write(describe(buffer, input, score));
}

run().catch((error: unknown) => {
  const code = error instanceof RenderError ? `${error.code}: ` : '';
  process.stderr.write(`bnc-render: ${code}${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
