import { nodeProject } from '@bnc/config/vitest';

export default nodeProject('streaming-server');
