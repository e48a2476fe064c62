import { expect, onTestFinished, test } from 'vitest';
import type { SSEManagerOptions, SSEStreamOptions } from '../src/index.ts';
import { startHub } from './hub.ts';
import { listen, until } from './support.ts';

const boom = new Error('boom');
function fail(): never {
  throw boom;
}
async function reject(): Promise<never> {
  throw boom;
}
/** A hook that its type does not allow, as a program without types may give. */
function untyped(hook: () => unknown): () => never {
  return hook as () => never;
}

test.each<readonly [string, SSEManagerOptions, SSEStreamOptions]>([
  ['onConnect throws', { onConnect: fail }, {}],
  ['onConnect rejects', { onConnect: untyped(reject) }, {}],
  ['onDisconnect throws', { onDisconnect: fail }, {}],
  ['onDisconnect rejects', { onDisconnect: untyped(reject) }, {}],
  ['onClose throws', {}, { onClose: fail }],
  ['onClose rejects', {}, { onClose: untyped(reject) }],
  ['connected throws', { connected: fail }, {}],
  ['disconnected throws', { disconnected: fail }, {}],
  ['disconnected builds what cannot be sent', { disconnected: () => ({ data: 1n }) }, {}],
  ['connected is async', { connected: untyped(async () => ({ data: 1 })) }, {}],
  ['connected rejects', { connected: untyped(reject) }, {}],
  ['reauthorize throws', { reauthorize: fail, heartbeatMs: 20 }, { expiresAt: 1 }],
  ['reauthorize rejects', { reauthorize: reject, heartbeatMs: 20 }, { expiresAt: 1 }],
])('an error of a hook is reported once, and the stream is served: %s', async (_, options, more) => {
  const errors: unknown[] = [];
  const { manager, port } = await startHub({ ...options, onError: (error) => errors.push(error) }, () => more);
  const listener = await listen(port);
  if (more.expiresAt === undefined) {
    expect(manager.broadcast('room', { data: 'served' }).sent).toBe(1);
    await until(() => listener.events.some(({ data }) => data === 'served'));
    await manager.close();
  }
  await listener.ended;
  await until(() => errors.length > 0);
  expect(errors).toHaveLength(1);
  expect(manager.stats()).toMatchObject({ errors: 1, connections: 0 });
});

test('a heartbeat that cannot be built is a comment, and is reported once for all streams', async () => {
  const errors: unknown[] = [];
  const { port } = await startHub({ heartbeatMs: 60, heartbeat: fail, onError: (error) => errors.push(error) });
  const listeners = [await listen(port), await listen(port), await listen(port)];
  await until(() => listeners.every(({ comments }) => comments.length >= 2));
  expect(errors.length).toBeLessThan(listeners.reduce((sum, { comments }) => sum + comments.length, 0));
  expect(new Set(errors)).toEqual(new Set([boom]));
});

test.each<readonly [string, SSEManagerOptions]>([
  ['there is no onError', {}],
  ['onError throws', { onError: fail }],
  ['onError rejects', { onError: untyped(reject) }],
])('the first error is a warning of the process where %s, and all are counted', async (_, options) => {
  const warnings: Error[] = [];
  const keep = (warning: Error): void => void (warning.name === 'SSEWarning' && warnings.push(warning));
  // Without the listener that prints them.
  const printers = process.listeners('warning');
  process.removeAllListeners('warning').on('warning', keep);
  onTestFinished(() => {
    process.off('warning', keep);
    for (const printer of printers) process.on('warning', printer);
  });
  const { manager, port } = await startHub({ ...options, onConnect: fail });
  for (let n = 0; n < 3; n++) await listen(port);
  await until(() => warnings.length > 0);
  expect(warnings[0]?.message).toContain('boom');
  await until(() => manager.stats().errors === 3);
  expect(warnings).toHaveLength(1);
});

test('a stream whose reauthorisation does not answer ends when the wait is over', async () => {
  const { manager, port } = await startHub(
    { waitMs: 50, heartbeatMs: 20, reauthorize: () => new Promise<undefined>(() => {}) },
    () => ({ expiresAt: 1 }),
  );
  await (await listen(port)).ended;
  expect(manager.stats().closed).toEqual({ expired: 1 });
});

test.each([undefined, Number.NaN, 'later', 0])('a stream ends that reauthorize answers with %s', async (answer) => {
  const { manager, port } = await startHub({ heartbeatMs: 20, reauthorize: () => answer as number }, () => ({
    expiresAt: 1,
  }));
  await (await listen(port)).ended;
  expect(manager.stats().closed).toEqual({ expired: 1 });
});
