import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Much of what the tests do is waiting for other processes.
    maxWorkers: '100%',
    projects: ['packages/*', 'apps/*', 'apps/streaming-server/vitest.page.config.ts', 'tools'],
    reporters: process.env.BNC_PLAIN ? ['dot', './tools/plain-reporter.ts'] : ['default'],
  },
});
