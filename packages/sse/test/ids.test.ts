import { EventSource } from 'eventsource';
import { expect, onTestFinished, test } from 'vitest';
import { startHub } from './hub.ts';
import { listen, until } from './support.ts';

test.each(['plain-1', 'größe-1', '漢字-1', '😺', 'a b', '100%', 'a&b=c#d', 'x'.repeat(256)])(
  'a client that heard the id %s goes on after it, by header and by query',
  async (id) => {
    const { manager, port } = await startHub({ connected: ({ resumed }) => ({ data: resumed }) }, () => ({
      lastEventId: undefined,
    }));
    const heard: string[] = [];
    const source = new EventSource(`http://127.0.0.1:${port}/`);
    onTestFinished(() => source.close());
    source.addEventListener('message', ({ data }) => heard.push(String(data)));
    await until(() => heard.length === 1);
    manager.broadcast('room', { data: 'one', id });
    await until(() => heard.length === 2);
    for (const { clientId } of manager.connections()) manager.disconnect(clientId);
    manager.broadcast('room', { data: 'two' });
    await until(() => heard.length === 4);
    expect(heard).toEqual(['fresh', 'one', 'replayed', 'two']);
    const again = await listen(port, `/?lastEventId=${encodeURIComponent(id)}`);
    expect((await again.has(2)).map(({ data }) => data)).toEqual(['replayed', 'two']);
  },
);

test('the header says more than the query, and connect more than both', async () => {
  const asked: (string | undefined)[] = [undefined, undefined, undefined, 'b', ''];
  const { manager, port } = await startHub({ connected: ({ resumed }) => ({ data: resumed }) }, () => ({
    lastEventId: asked.shift(),
  }));
  for (const id of ['a', 'b', 'c']) manager.broadcast('room', { data: id, id });
  const heard = async (path: string, id?: string): Promise<(string | undefined)[]> => {
    const listener = await listen(port, path, { headers: id === undefined ? {} : { 'last-event-id': id } });
    manager.broadcast('room', { data: 'end', history: false });
    await until(() => listener.events.at(-1)?.data === 'end');
    return listener.events.map(({ data }) => data).slice(0, -1);
  };
  expect(await heard('/?lastEventId=a', 'b')).toEqual(['replayed', 'c']);
  expect(await heard('/?lastEventId=a', '')).toEqual(['replayed', 'b', 'c']);
  expect(await heard('/?x=1&lastEventId=b#lastEventId=c')).toEqual(['replayed', 'c']);
  expect(await heard('/?lastEventId=c', 'c')).toEqual(['replayed', 'c']);
  expect(await heard('/?lastEventId=a', 'a')).toEqual(['fresh']);
});

test('a client that encodes an id as Latin-1 is understood too', async () => {
  const { manager, port } = await startHub({ connected: ({ resumed }) => ({ data: resumed }) });
  manager.broadcast('room', { data: 'one', id: 'größe' });
  manager.broadcast('room', { data: 'two' });
  const listener = await listen(port, '/', { headers: { 'last-event-id': 'größe' } });
  expect((await listener.has(2)).map(({ data }) => data)).toEqual(['replayed', 'two']);
});

test('an id given twice means the newer message, also when the older is gone', async () => {
  const { manager, port } = await startHub({
    history: { maxMessages: 3 },
    connected: ({ resumed }) => ({ data: resumed }),
  });
  manager.broadcast('room', { data: 1, id: 'a' });
  for (const n of [2, 3, 4]) manager.broadcast('room', { data: n, id: n === 2 ? 'a' : `id-${n}` });
  const listener = await listen(port, '/?lastEventId=a');
  expect((await listener.has(3)).map(({ data }) => data)).toEqual(['replayed', '3', '4']);
});
