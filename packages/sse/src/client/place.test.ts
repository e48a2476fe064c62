import { describe, expect, test } from 'vitest';
import { startHub } from '../../test/hub.ts';
import { follow, local, nowhere, stageFetch, startGreeter } from '../../test/stream-stage.ts';
import { until } from '../../test/support.ts';

describe('the place in the stream', () => {
  test('is kept over messages without an id, and over streams that bring none', async () => {
    const { port, requests } = await startGreeter(
      'id: e-1\ndata: 1\n\n',
      '',
      '',
      'id: e-2\ndata: 2\n\n',
      '',
      'data: end\n\n',
    );
    const { client, messages } = follow(local(port));
    await until(() => messages.at(-1)?.data === 'end');
    expect(requests.map(({ id }) => id)).toEqual([undefined, 'e-1', 'e-1', 'e-1', 'e-2', 'e-2']);
    expect(client.lastEventId).toBe('e-2');
    // A greeting is not a double of the one before it.
    expect(messages.filter(({ data }) => data === 'hello')).toHaveLength(6);
  });

  test('moves with ids of names that nobody asked for, and with ids that have no data', async () => {
    const { port, requests } = await startGreeter('id: 1\nevent: other\ndata: x\n\n', 'id: 2\n\n', 'data: end\n\n');
    const { messages } = follow(local(port));
    await until(() => messages.at(-1)?.data === 'end');
    expect(requests.map(({ id }) => id)).toEqual([undefined, '1', '2']);
  });

  test.each(['größe-1', '漢字-1', '😺', 'in the middle', 'a&b=c#d+e'])('is found again by the id %j', async (id) => {
    const { manager, port } = await startHub();
    const { messages } = follow(local(port));
    await until(() => manager.count() === 1);
    manager.broadcast('room', { id, data: 'one', retry: 1 });
    await until(() => messages.length === 1);
    for (const { clientId } of manager.connections()) manager.disconnect(clientId);
    manager.broadcast('room', { id: `${id}-next`, data: 'two' });
    await until(() => messages.length === 2);
    expect(messages.map(({ data }) => data)).toEqual(['one', 'two']);
    expect(manager.stats()).toMatchObject({ replayed: 1, truncated: 0 });
  });

  test.each([
    { resumeBy: undefined, id: 'plain-1', header: 'plain-1', url: '/?a=1&b=%20+' },
    { resumeBy: undefined, id: 'größe', header: null, url: '/?a=1&b=%20+&lastEventId=gr%C3%B6%C3%9Fe' },
    { resumeBy: 'query' as const, id: 'plain-1', header: null, url: '/?a=1&b=%20+&lastEventId=plain-1' },
    { resumeBy: 'header' as const, id: 'ö', header: '\u00c3\u00b6', url: '/?a=1&b=%20+' },
  ])('$id goes out by $resumeBy, instead of the one in the address', async ({ resumeBy, id, header, url }) => {
    const { fetch, requests } = stageFetch();
    follow('http://127.0.0.1/?a=1&lastEventId=old&b=%20+#part', { fetch, resumeBy, minRetryMs: 1 });
    await until(() => requests.length === 1);
    expect(requests[0]?.url.search).toBe('?a=1&lastEventId=old&b=%20+');
    requests[0]?.write(`retry: 1\nid: ${id}\n\n`);
    requests[0]?.end();
    await until(() => requests.length === 2);
    expect(requests[1]?.headers.get('last-event-id')).toBe(header);
    expect(`${requests[1]?.url.pathname}${requests[1]?.url.search}`).toBe(url);
  });

  test('may be the caller’s own', async () => {
    const { manager, port } = await startHub();
    const { id } = manager.broadcast('room', { data: 1 });
    manager.broadcast('room', { data: 2 });
    const { messages } = follow(local(port), { lastEventId: id });
    await until(() => messages.length === 1);
    expect(messages[0]?.data).toBe('2');
  });

  test.each(['i', '漢'])(
    'begins again, as a gap, when the id of 20,000 times %s is too long for a request',
    async (letter) => {
      const id = letter.repeat(20_000);
      const { port, requests } = await startGreeter(`id: ${id}\ndata: x\n\n`, 'id: 1\ndata: y\n\n', 'data: end\n\n');
      const { messages, gaps, errors } = follow(local(port));
      await until(() => messages.at(-1)?.data === 'end');
      expect(requests.map((request) => request.id)).toEqual([undefined, undefined, '1']);
      expect(gaps).toEqual([undefined]);
      expect(errors).toMatchObject([{ name: 'SSEClientError', code: 'STREAM_ID_NOT_SENT' }]);
    },
  );

  test.each([414, 431])('begins again, once, when the server refuses the id with a status of %i', async (status) => {
    const stream = (text: string) => (): Response =>
      new Response(text, { headers: { 'content-type': 'text/event-stream' } });
    const refuse = (): Response => new Response('', { status });
    const { fetch, requests } = stageFetch(stream('id: 1\n\n'), refuse, stream('id: 2\n\n'), refuse, refuse);
    const { client, gaps } = follow(nowhere, { fetch, minRetryMs: 1, maxRetryMs: 1 });
    expect(await client.closed).toBe('refused');
    expect(requests.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, '1', null, '2', null]);
    expect(gaps).toEqual([undefined, undefined]);
  });
});

describe('doubles', () => {
  test('are messages with the id, name and data of one that came on an earlier connection', async () => {
    const { port } = await startGreeter(
      'id: 1\ndata: a\n\nid: 2\ndata: b\n\n',
      // A server that begins at the start, or before the place.
      'id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n',
      // A server that was restarted and counts from 1 again.
      'id: 1\ndata: new\n\nid: 2\nevent: message\ndata: b2\n\n',
      'data: end\n\n',
    );
    const { messages } = follow(local(port));
    await until(() => messages.at(-1)?.data === 'end');
    const heard = messages.map(({ data }) => data).filter((data) => data !== 'hello');
    expect(heard).toEqual(['a', 'b', 'c', 'new', 'b2', 'end']);
  });

  test('are not messages of one connection that have the same id', async () => {
    const { port, requests } = await startGreeter(
      'id: 1\ndata: a\n\nid: 1\ndata: a\n\nid: 1\ndata: b\n\n',
      'id: 1\ndata: b\n\ndata: end\n\n',
    );
    const { messages } = follow(local(port));
    await until(() => messages.at(-1)?.data === 'end');
    expect(requests[1]?.id).toBe('1');
    expect(messages.map(({ data }) => data)).toEqual(['hello', 'a', 'a', 'b', 'hello', 'end']);
  });

  test('are told from others of the same length that differ in one place', async () => {
    const big = 'x'.repeat(100_000);
    const other = `${'x'.repeat(50_000)}y${'x'.repeat(49_999)}`;
    const { port } = await startGreeter(
      `id: 1\ndata: ${big}\n\n`,
      `id: 1\ndata: ${other}\n\nid: 1\ndata: ${big}\n\n`,
      'data: end\n\n',
    );
    const { messages } = follow(local(port));
    await until(() => messages.at(-1)?.data === 'end');
    expect(messages.filter(({ data }) => data.length === 100_000)).toHaveLength(2);
  });
});
