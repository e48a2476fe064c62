import type { StreamMessage } from '@bnc/contracts';
import { SSEClient } from '@bnc/sse/client';
import { expect, test } from 'vitest';
import { pushOf } from './pushes.ts';
import { TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

test('a listener who was cut before the first phrase gets each one that came meanwhile', {
  timeout: 30_000,
}, async () => {
  await using server = await TestServer.start();
  const url = `${server.origin}/stream/octo/never?format=score`;
  await using witness = await SSEReader.open(url);
  const listen = (lastEventId: string): { readonly client: SSEClient; readonly heard: StreamMessage[] } => {
    const heard: StreamMessage[] = [];
    const onMessage = ({ data }: { readonly data: string }): void => {
      heard.push(JSON.parse(data) as StreamMessage);
    };
    return { client: new SSEClient(url, { lastEventId, onMessage }), heard };
  };
  const first = listen('');
  await expect.poll(() => first.heard.length).toBe(1);
  const place = first.client.lastEventId;
  first.client.close();
  for (const nth of [0, 1]) {
    expect((await server.deliver('push', pushOf('octo/never', 5701))).status).toBe(202);
    await witness.next('audio_buffer', nth);
  }
  const again = listen(place);
  const phrases = (messages: readonly StreamMessage[]): (string | undefined)[] =>
    messages.flatMap((message) => (message.type === 'audio_buffer' ? [message.data.phraseId] : []));
  await expect.poll(() => phrases(again.heard)).toEqual(phrases(witness.messages));
  expect(again.heard[0]).toMatchObject({ type: 'connected', data: { resumed: 'replayed', missed: 0 } });
  again.client.close();
});
