/** A consumer that takes a job and never ends it, until it is killed. The first argument is the store, as JSON. */
import { EventBus } from '../src/index.ts';
import { redis } from '../src/redis.ts';
import { sqlite } from '../src/sqlite.ts';

const store = JSON.parse(process.argv[2] ?? '') as { file: string } | { url: string; prefix: string };
const bus = new EventBus({ transport: 'file' in store ? await sqlite(store) : await redis(store) });
bus.subscribe('job:*', () => new Promise<void>(() => process.send?.('started')), { group: 'g' });
process.send?.('ready');
