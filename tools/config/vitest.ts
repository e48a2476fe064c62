import { fileURLToPath } from 'node:url';
import { defineProject, type UserWorkspaceConfig } from 'vitest/config';

/** Node reads workspace packages from their sources, so no test needs a build. */
const conditions = ['@bnc/source'];

// Servers, render processes and programs start by the hundred: what Node has compiled once is kept for the next.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url));

/** Settings of a package whose tests run in Node. `*.soak.test.ts` files belong to the soak run. */
export function nodeProject(
  name: string,
  { include = ['**/*.test.ts'], exclude = [], ...test }: UserWorkspaceConfig['test'] = {},
): UserWorkspaceConfig {
  return defineProject({
    // Vite adds `import` and `default` where they apply. Named here, they would reach Node's `require` too.
    resolve: { conditions: [...conditions, 'module'] },
    ssr: { resolve: { conditions: [...conditions, 'module', 'node'] } },
    test: {
      name,
      environment: 'node',
      include: process.env.BNC_SOAK ? include.map((files) => files.replace('.test.ts', '.soak.test.ts')) : include,
      exclude: ['**/node_modules/**', '**/dist/**', ...exclude, ...(process.env.BNC_SOAK ? [] : ['**/*.soak.test.ts'])],
      pool: 'forks',
      // Much of what the tests do is waiting for other processes: use every core.
      maxWorkers: '100%',
      execArgv: conditions.map((condition) => `--conditions=${condition}`),
      testTimeout: 20_000,
      // Tests share the cores with others: what takes 0.1 s alone may take seconds.
      expect: { poll: { timeout: 15_000 } },
      hookTimeout: 60_000,
      ...test,
    },
  });
}
