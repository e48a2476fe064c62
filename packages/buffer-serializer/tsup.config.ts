import { library } from '@bnc/config/tsup';
import { libopusPlain } from './libopus-plain.ts';

const entries = ['index', 'flac', 'opus', 'score', 'flac-worker', 'opus-worker'];

export default library(
  entries.map((name) => `src/${name}.ts`),
  {
    // Inside, so that the package bundles everywhere: see docs/decisions/0031.
    noExternal: ['libopus-wasm'],
    esbuildPlugins: [libopusPlain],
    // The wasm is text with a letter for each byte: escapes would make half as much again of it.
    esbuildOptions: (options) => {
      options.charset = 'utf8';
    },
  },
);
