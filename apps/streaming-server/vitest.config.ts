import { nodeProject } from '@bnc/config/vitest';

export default nodeProject('streaming-server', {
  exclude: ['**/node_modules/**', '**/dist/**', '**/*.soak.test.ts', 'test/page.test.ts'],
});
