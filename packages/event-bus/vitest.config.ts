import { nodeProject } from '@bnc/config/vitest';

export default nodeProject('event-bus', { testTimeout: 60_000 });
