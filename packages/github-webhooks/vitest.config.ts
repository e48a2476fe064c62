import { nodeProject } from '@bnc/config/vitest';

export default nodeProject('github-webhooks', { isolate: false });
