import { library } from '@bnc/config/tsup';

export default library([
  'src/index.ts',
  'src/sqlite.ts',
  'src/sqlite-worker.ts',
  'src/sqlite-check.ts',
  'src/redis.ts',
]);
