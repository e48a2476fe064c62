import { nodeProject } from '@bnc/config/vitest';

export default nodeProject('tools');
