/** A stream in Hono: a Request of the Fetch API goes in, a Response comes out. @bnc/sse. */
import assert from 'node:assert/strict';
import { SSEManager } from '@bnc/sse';
import { Hono } from 'hono';

const hub = new SSEManager();
const app = new Hono();
app.get('/stream', (c) => hub.connect(c.req.raw, { channel: 'news' }));

const response = await app.request('/stream');
hub.broadcast('news', { data: 'The cat is awake' });
let text = '';
for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
  text += part;
  if (text.includes('data: ')) break;
}
assert.match(text, /^data: The cat is awake$/m);
console.log(text.trim());
await hub.close();
