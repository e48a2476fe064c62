/** The server cuts the line; the client comes back and misses nothing: @bnc/sse/client. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SSEManager } from '@bnc/sse';
import { SSEClient } from '@bnc/sse/client';

const hub = new SSEManager();
const server = createServer((req, res) => void hub.connect(req, res, { channel: 'news', start: 'newest' }));
server.listen(0, '127.0.0.1');
await once(server, 'listening');

hub.broadcast('news', { data: 'message 0' });
const received: string[] = [];
const done = Promise.withResolvers<void>();
const client = new SSEClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
  minRetryMs: 10,
  onMessage: ({ data }) => {
    received.push(data);
    if (received.length === 1) {
      for (const { clientId } of hub.connections()) hub.disconnect(clientId, 'maintenance');
      for (let n = 1; n < 5; n++) hub.broadcast('news', { data: `message ${n}` });
    }
    if (received.length === 5) done.resolve();
  },
});
await done.promise;
assert.deepEqual(received, ['message 0', 'message 1', 'message 2', 'message 3', 'message 4']);
console.log(received.join('\n'));
client.close();
await hub.close();
server.close();
