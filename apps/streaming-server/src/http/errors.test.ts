import fastify from 'fastify';
import { expect, test } from 'vitest';
import { sendErrors } from './errors.ts';

test.each([
  ['LOADING Redis is loading the dataset in memory', 503],
  ['READONLY You can not write against a read only replica.', 503],
  ["MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", 503],
  ["OOM command not allowed when used memory > 'maxmemory'.", 503],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 500],
  ['LOADINGS of something else', 500],
])('a request that Redis refuses with "%s" gets %d', async (message, status) => {
  const app = fastify();
  sendErrors(app);
  app.get('/', () => Promise.reject(new Error(message)));
  const { statusCode, headers, body } = await app.inject('/');
  expect([statusCode, headers['retry-after']]).toEqual([status, status === 503 ? '5' : undefined]);
  expect(body).toContain(status === 503 ? 'STORE_UNAVAILABLE' : 'INTERNAL_ERROR');
  expect(body).not.toContain(message.split(' ')[0]);
});
