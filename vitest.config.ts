import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: ['packages/*', 'apps/*', 'tools'],
    reporters: process.env.BNC_PLAIN ? ['dot', './tools/plain-reporter.ts'] : ['default'],
  },
});
