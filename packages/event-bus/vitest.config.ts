import { nodeProject } from '@bnc/config/vitest';

export default nodeProject('event-bus');
