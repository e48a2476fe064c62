/** Runs every example in a process of its own; an example whose assertions fail exits non-zero. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { startRedis } from '@bnc/testing/redis';
import { examplesFolder, findExamples } from './examples.ts';

const redis = await startRedis().catch(() => undefined);
let failed = 0;
for (const file of findExamples()) {
  console.log(`\n# ${file}`);
  if (file.includes('redis') && !redis) {
    console.log('left out: there is no redis-server here');
    continue;
  }
  const { status } = spawnSync(process.execPath, [resolve(examplesFolder, file)], {
    env: { ...process.env, REDIS_URL: redis?.url },
    stdio: 'inherit',
    timeout: 60_000,
  });
  if (status !== 0) failed++;
}
await redis?.stop();
console.log(failed === 0 ? '\nevery example holds' : `\n${failed} examples failed`);
process.exitCode = failed > 0 ? 1 : 0;
