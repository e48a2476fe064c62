/** A stream in Fastify, by a plugin that ends all streams when the server closes: @bnc/sse/fastify. */
import assert from 'node:assert/strict';
import { SSEManager } from '@bnc/sse';
import { SSEClient } from '@bnc/sse/client';
import { sse } from '@bnc/sse/fastify';
import Fastify from 'fastify';

const manager = new SSEManager();
const app = Fastify();
await app.register(sse, { manager });
app.get('/stream', { sse: 'only' }, (_request, reply) => {
  reply.connectSSE({ channel: 'news', start: 'newest' });
});
const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/stream`;

manager.broadcast('news', { event: 'headline', data: 'The cat is awake' });
const received = Promise.withResolvers<string>();
const client = new SSEClient(url, { events: ['headline'], onMessage: ({ data }) => received.resolve(data) });
assert.equal(await received.promise, 'The cat is awake');
assert.equal((await fetch(url, { headers: { accept: 'text/html' } })).status, 406);
console.log(await received.promise);
client.close();
await app.close();
