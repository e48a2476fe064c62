import { nodeProject } from '@bnc/config/vitest';

export default nodeProject('offline-renderer', { testTimeout: 60_000 });
