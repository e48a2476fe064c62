/** One message to every listener of a channel, and what a listener missed: @bnc/sse on node:http. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SSEManager } from '@bnc/sse';

const hub = new SSEManager();
const server = createServer((req, res) => {
  hub.connect(req, res, { channel: 'news' });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** Reads a stream until it has brought `count` messages. */
async function read(headers: Record<string, string>, count: number): Promise<string[]> {
  const response = await fetch(url, { headers });
  const lines: string[] = [];
  let text = '';
  assert.ok(response.body);
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    lines.splice(0, lines.length, ...text.split('\n').filter((line) => line.startsWith('data: ')));
    if (lines.length >= count) break;
  }
  return lines;
}

const first = hub.broadcast('news', { data: { headline: 'The cat is awake' } });
hub.broadcast('news', { data: { headline: 'The cat is asleep' } });
const missed = await read({ 'last-event-id': first.id }, 1);
assert.deepEqual(missed, ['data: {"headline":"The cat is asleep"}']);
console.log(missed.join('\n'));

await hub.close();
server.close();
