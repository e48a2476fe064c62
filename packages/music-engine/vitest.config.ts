import { nodeProject } from '@bnc/config/vitest';

export default nodeProject('music-engine', { isolate: false });
