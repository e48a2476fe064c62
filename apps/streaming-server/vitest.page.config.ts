import { nodeProject } from '@bnc/config/vitest';

/** Tests of pages that play in real time: what they play is measured, or when. */
export const soundPages =
  'test/page{,-access,-bed,-clips,-company,-deaf,-forms,-lines,-long,-people,-states}{,.soak}.test.ts';

// They come after all others, one file at a time, with the machine to themselves.
export default nodeProject('page', {
  include: [soundPages.replace('{,.soak}', '')],
  sequence: { groupOrder: 1 },
  fileParallelism: false,
  maxWorkers: 1,
});
