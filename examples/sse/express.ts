/** A stream in Express, which sends a refusal's status by itself: @bnc/sse. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SSEManager } from '@bnc/sse';
import { SSEClient } from '@bnc/sse/client';
import express from 'express';

const hub = new SSEManager({ limits: { maxConnections: 1 } });
const app = express();
app.get('/stream', (req, res) => {
  hub.connect(req, res, { channel: 'news', start: 'newest' });
});
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/stream`;

hub.broadcast('news', { data: { headline: 'The cat is awake' } });
const received = Promise.withResolvers<string>();
const client = new SSEClient(url, { onMessage: ({ data }) => received.resolve(data) });
assert.equal(await received.promise, '{"headline":"The cat is awake"}');
assert.equal((await fetch(url)).status, 503);
console.log(await received.promise);
client.close();
await hub.close();
server.close();
