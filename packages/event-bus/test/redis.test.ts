import { type RedisServer, startRedis } from '@bnc/testing/redis';
import { afterAll, beforeAll } from 'vitest';
import { redis } from '../src/redis.ts';
import { busContract } from './contract.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis({ appendonly: 'everysec' });
});
afterAll(() => server.stop());

let buses = 0;
busContract('Redis', (options) => redis({ url: server.url, prefix: `test${++buses}`, ...options }));
