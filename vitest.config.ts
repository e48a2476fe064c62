import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: ['packages/*', 'apps/*', 'apps/streaming-server/vitest.page.config.ts', 'tools'],
    reporters: process.env.BNC_PLAIN ? ['dot', './tools/plain-reporter.ts'] : ['default'],
  },
});
