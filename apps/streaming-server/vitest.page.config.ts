import { nodeProject } from '@bnc/config/vitest';

// The browser plays in real time: its tests come after all others, one file at a time, with the machine to themselves.
export default nodeProject('page', {
  include: ['test/page*.test.ts'],
  sequence: { groupOrder: 1 },
  fileParallelism: false,
  maxWorkers: 1,
});
