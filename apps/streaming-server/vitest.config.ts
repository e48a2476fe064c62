import { nodeProject } from '@bnc/config/vitest';

// The browser plays in real time: its tests come after all others, one file at a time.
export default nodeProject('streaming-server', { sequence: { groupOrder: 1 }, fileParallelism: false });
