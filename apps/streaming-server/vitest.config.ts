import { nodeProject } from '@bnc/config/vitest';
import { soundPages } from './vitest.page.config.ts';

export default nodeProject('streaming-server', {
  exclude: [soundPages],
  globalSetup: ['./test/build.ts'],
});
