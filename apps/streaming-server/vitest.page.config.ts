import { nodeProject } from '@bnc/config/vitest';

// The browser plays in real time: its tests come after all others, with the machine to themselves.
export default nodeProject('page', { include: ['test/page*.test.ts'], sequence: { groupOrder: 1 } });
