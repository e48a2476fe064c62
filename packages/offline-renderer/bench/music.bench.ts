import type { Benchmark } from '@bnc/bench';
import { measureEar } from './music/measure-ear.ts';
import { measureHours } from './music/measure-hours.ts';
import { measurePhrases } from './music/measure-phrases.ts';
import { measureThemes } from './music/measure-themes.ts';
import { measureVoices } from './music/measure-voices.ts';

/** What a listener gets, in numbers: the measures of docs/music.md, each next to that of the first edition. */
export const benchmark: Benchmark = {
  name: 'offline-renderer/music',
  async run(bench) {
    await measurePhrases(bench);
    await measureVoices(bench);
    await measureHours(bench);
    await measureEar(bench);
    await measureThemes(bench);
  },
};
