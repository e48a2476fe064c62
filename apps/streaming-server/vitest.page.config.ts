import { nodeProject } from '@bnc/config/vitest';

/** Tests in which a page plays in real time and what it plays is measured, or when. */
export const soundPages = 'test/page{,-deaf,-lines,-bed,-long,-states}{,.soak}.test.ts';

// They come after all others, one file at a time, with the machine to themselves.
export default nodeProject('page', {
  include: [soundPages.replace('{,.soak}', '')],
  sequence: { groupOrder: 1 },
  fileParallelism: false,
  maxWorkers: 1,
});
