import { nodeProject } from '@bnc/config/vitest';

export default nodeProject('streaming-server', {
  exclude: ['test/page*.test.ts'],
  globalSetup: ['./test/build.ts'],
});
