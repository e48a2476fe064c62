import { describe, expect, test } from 'vitest';
import type { SSEGap } from '../src/index.ts';
import { startHub } from './hub.ts';
import { listen, until } from './support.ts';

/** Data that is made when the test says so. */
function later(): { readonly data: Promise<string>; make(text: string): void; fail(error: Error): void } {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { data: promise, make: resolve, fail: reject };
}

const gaps = {
  reset: (_: unknown, { reason, missed }: { reason: SSEGap; missed: number }) => ({ data: `${reason} ${missed}` }),
};

describe('a message whose data is a promise', () => {
  test('is waited for by its variant, in order, while others go on', async () => {
    const { manager, port } = await startHub();
    const [slow, fast] = [await listen(port, '/?variant=slow'), await listen(port, '/?variant=fast')];
    await until(() => manager.count() === 2);
    const { data, make } = later();
    const result = manager.broadcast('room', { data: (variant) => (variant === 'slow' ? data : '1 fast') });
    expect([result.sent, result.deferred]).toEqual([1, 1]);
    manager.broadcast('room', { data: '2' });
    expect((await fast.has(2)).map((event) => event.data)).toEqual(['1 fast', '2']);
    expect(slow.events).toEqual([]);
    make('1 slow');
    expect((await slow.has(2)).map((event) => event.data)).toEqual(['1 slow', '2']);
    expect(slow.events.map(({ id }) => id)).toEqual(fast.events.map(({ id }) => id));
  });

  test('is made once for all listeners of a variant, and again for one that comes when none was left', async () => {
    const { manager, port } = await startHub();
    const made: string[] = [];
    const first = await listen(port, '/?variant=a');
    await until(() => manager.count() === 1);
    const { id } = manager.broadcast('room', { data: 'before' });
    manager.broadcast('room', {
      data: async (variant) => {
        made.push(variant);
        return `for ${variant}`;
      },
    });
    await first.has(2);
    const second = await listen(port, `/?variant=a&lastEventId=${id}`);
    expect((await second.has(1))[0]?.data).toBe('for a');
    expect(made).toEqual(['a']);
    const bytes = manager.stats().historyBytes;
    for (const client of [first, second]) client.leave();
    await until(() => manager.count() === 0);
    expect(manager.stats().historyBytes).toBeLessThan(bytes);
    const third = await listen(port, `/?variant=a&lastEventId=${id}`);
    expect((await third.has(1))[0]?.data).toBe('for a');
    expect(made).toEqual(['a', 'a']);
    expect(manager.stats().historyBytes).toBe(bytes);
  });

  test('does not hold back what is sent to one client, nor heartbeats', async () => {
    const { manager, port } = await startHub({ heartbeatMs: 20 });
    const client = await listen(port, '/?clientId=me');
    await until(() => manager.count() === 1);
    manager.broadcast('room', { data: () => later().data });
    expect(manager.send('me', { data: () => Promise.resolve('to you') })).toBe(true);
    expect((await client.has(1))[0]?.data).toBe('to you');
    await until(() => client.comments.length > 1);
  });

  test('leaves a gap where it is rejected, is reported once, and is tried again for a replay', async () => {
    const errors: unknown[] = [];
    const { manager, port } = await startHub({ ...gaps, onError: (error) => errors.push(error) });
    const clients = [await listen(port), await listen(port)];
    await until(() => manager.count() === 2);
    const { id } = manager.broadcast('room', { data: 'before' });
    let tries = 0;
    manager.broadcast('room', {
      data: async () => {
        if (++tries === 1) throw new Error('no disk');
        return 'made';
      },
    });
    manager.broadcast('room', { data: 'after' });
    for (const client of clients) {
      expect((await client.has(3)).map((event) => event.data)).toEqual(['before', 'failed 1', 'after']);
    }
    expect(errors).toEqual([new Error('no disk')]);
    expect(manager.stats()).toMatchObject({ errors: 1, skipped: 2 });
    const back = await listen(port, `/?lastEventId=${id}`);
    expect((await back.has(2)).map((event) => event.data)).toEqual(['made', 'after']);
  });

  test('leaves a gap where it takes longer than the wait, and is still there for others', async () => {
    const { manager, port } = await startHub({ ...gaps, waitMs: 40, stallMs: 40 });
    const client = await listen(port);
    await until(() => manager.count() === 1);
    const { id } = manager.broadcast('room', { data: 'before' });
    const { data, make } = later();
    manager.broadcast('room', { data: () => data });
    manager.broadcast('room', { data: 'after' });
    expect((await client.has(3)).map((event) => event.data)).toEqual(['before', 'failed 1', 'after']);
    make('late');
    const back = await listen(port, `/?lastEventId=${id}`);
    expect((await back.has(2)).map((event) => event.data)).toEqual(['late', 'after']);
    expect(client.events).toHaveLength(3);
  });

  test('leaves a gap at once when its wait is over, however long heartbeats and stalls may take', async () => {
    const { manager, port } = await startHub({ ...gaps, waitMs: 40 });
    const client = await listen(port);
    await until(() => manager.count() === 1);
    const since = performance.now();
    manager.broadcast('room', { data: () => later().data });
    expect((await client.has(1))[0]?.data).toBe('failed 1');
    expect(performance.now() - since).toBeLessThan(500);
  });

  test('takes no other message with it when it fails after it has been forgotten', async () => {
    const { manager, port } = await startHub(gaps);
    const client = await listen(port);
    await until(() => manager.count() === 1);
    const { data, fail } = later();
    manager.broadcast('room', { data: () => data });
    manager.forget('room');
    manager.broadcast('room', { data: '1' });
    await client.has(2);
    fail(new Error('no disk'));
    await expect(data).rejects.toThrow('no disk');
    for (const text of ['2', '3']) manager.broadcast('room', { data: text });
    expect((await client.has(4)).map((event) => event.data)).toEqual(['trimmed 1', '1', '2', '3']);
  });

  test('takes no other message with it when its wait is over after it has been trimmed', async () => {
    const { manager, port } = await startHub({ ...gaps, waitMs: 60, history: { maxMessages: 1 } });
    const client = await listen(port);
    await until(() => manager.count() === 1);
    manager.broadcast('room', { data: () => later().data });
    manager.broadcast('room', { data: '1' });
    await client.has(2);
    await new Promise((resolve) => setTimeout(resolve, 150));
    for (const text of ['2', '3']) manager.broadcast('room', { data: text });
    expect((await client.has(4)).map((event) => event.data)).toEqual(['trimmed 1', '1', '2', '3']);
  });

  test('is not reported where it fails after its streams have ended', async () => {
    const errors: unknown[] = [];
    const { manager, port } = await startHub({ ...gaps, onError: (error) => errors.push(error) });
    const [gone, stays] = [await listen(port), await listen(port)];
    await until(() => manager.count() === 2);
    const { data, fail } = later();
    manager.broadcast('room', { data: () => data });
    gone.leave();
    await until(() => manager.count() === 1);
    fail(new Error('no disk'));
    expect((await stays.has(1))[0]?.data).toBe('failed 1');
    expect(errors).toEqual([new Error('no disk')]);
    const stopped = later();
    manager.broadcast('room', { data: () => stopped.data });
    await manager.close();
    stopped.fail(new Error('stopped'));
    await stays.ended;
    expect(errors).toEqual([new Error('no disk')]);
  });

  test('ends its streams where it fails and the hook for the gap throws', async () => {
    const errors: unknown[] = [];
    const { manager, port } = await startHub({
      reset: () => {
        throw new Error('no word');
      },
      onError: (error) => errors.push(error),
    });
    const client = await listen(port);
    await until(() => manager.count() === 1);
    manager.broadcast('room', { data: () => Promise.reject(new Error('no disk')) });
    await client.ended;
    expect(errors).toEqual([new Error('no disk'), new Error('no word')]);
    expect(manager.stats().closed).toEqual({ error: 1 });
  });

  test('does not make a client slow that waits for it', async () => {
    const { manager, port } = await startHub({ limits: { maxBacklogBytes: 1_000 } });
    const client = await listen(port);
    await until(() => manager.count() === 1);
    const { data, make } = later();
    manager.broadcast('room', { data: () => data });
    for (let count = 0; count < 10; count++) manager.broadcast('room', { data: 'x'.repeat(900) });
    make('first');
    await client.has(11);
    expect(manager.stats()).toMatchObject({ skipped: 0, connections: 1 });
  });

  test('holds nothing of a stream that has ended, of a channel that was forgotten, or of a hub that was closed', async () => {
    const { manager, port } = await startHub(gaps);
    const [gone, stays] = [await listen(port), await listen(port)];
    await until(() => manager.count() === 2);
    const { data, make } = later();
    manager.broadcast('room', { data: () => data });
    gone.leave();
    await until(() => manager.count() === 1);
    manager.forget('room');
    manager.broadcast('room', { data: 'new' });
    expect((await stays.has(2)).map((event) => event.data)).toEqual(['trimmed 1', 'new']);
    manager.broadcast('room', { data: () => later().data });
    await manager.close();
    await stays.ended;
    make('too late');
    expect(manager.stats()).toMatchObject({ errors: 0, connections: 0 });
    expect(stays.text()).not.toContain('too late');
  });
});

describe('a stream that starts with the newest message', () => {
  test('gets it in its place, and everything after it once', async () => {
    const { manager, port } = await startHub({}, () => ({ start: 'newest' }));
    const keeper = await listen(port, '/?clientId=keeper');
    await until(() => manager.count() === 1);
    manager.broadcast('room', { data: 'old' });
    manager.broadcast('room', { data: 'new' });
    manager.broadcast('room', { data: 'not kept', history: false });
    const client = await listen(port);
    await until(() => manager.count() === 2);
    manager.broadcast('room', { data: 'next' });
    expect((await client.has(2)).map((event) => event.data)).toEqual(['new', 'next']);
    const lost = await listen(port, '/?lastEventId=of-another-server');
    expect((await lost.has(1)).map((event) => event.data)).toEqual(['next']);
    expect(manager.stats()).toMatchObject({ truncated: 1, replayed: 0 });
    keeper.leave();
  });

  test('starts with what comes where nothing is kept', async () => {
    const { manager, port } = await startHub({}, () => ({ start: 'newest' }));
    const client = await listen(port);
    await until(() => manager.count() === 1);
    manager.broadcast('room', { data: 'first' });
    expect((await client.has(1)).map((event) => event.data)).toEqual(['first']);
    manager.forget('room');
    const late = await listen(port);
    await until(() => manager.count() === 2);
    manager.broadcast('room', { data: 'second' });
    expect((await late.has(1)).map((event) => event.data)).toEqual(['second']);
  });
});
