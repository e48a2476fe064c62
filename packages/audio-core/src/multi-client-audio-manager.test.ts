import type { AudioBufferLike } from '@bnc/contracts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MultiClientAudioManager } from './multi-client-audio-manager.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function buffer(length = 220_500): AudioBufferLike {
  return {
    numberOfChannels: 2,
    length,
    sampleRate: 44_100,
    duration: length / 44_100,
    getChannelData: () => new Float32Array(length),
  };
}

test('a delivery goes out once, to the sessions of its repository, and is held once', () => {
  const sent: string[] = [];
  using manager = new MultiClientAudioManager({
    send: (repoId, { length }, sessions) => {
      sent.push(`${repoId} ${length} ${Array.from(sessions, ({ clientId }) => clientId).join(',')}`);
    },
  });
  const sessions = ['a', 'b'].map((clientId) => manager.createSession(clientId, 'Owner/Repo'));
  manager.createSession('c', 'other/repo');
  const clip = buffer();
  expect(manager.broadcastBuffer('owner/repo', clip)).toBe(2);
  expect(sent).toEqual(['owner/repo 220500 a,b']);
  expect(manager.latestBuffer('OWNER/repo')).toBe(clip);
  for (const session of sessions) expect(session.audioBuffer).toBe(clip);
  expect(manager.getHealthMetrics().memoryUsage).toBe(220_500 * 2 * 4);
  manager.broadcastBuffer('owner/repo', buffer(1_000));
  expect(manager.getHealthMetrics().memoryUsage).toBe(1_000 * 2 * 4);
  manager.forget('OWNER/REPO');
  expect([manager.latestBuffer('owner/repo'), manager.getHealthMetrics().memoryUsage]).toEqual([undefined, 0]);
  expect(manager.getHealthMetrics()).toMatchObject({ activeSessions: 3, totalBuffersCreated: 2 });
});

test('a delivery that cannot be sent is counted as failed, kept, and reported once', async () => {
  const errors: unknown[] = [];
  const gate = Promise.withResolvers<void>();
  const turns: readonly (() => unknown)[] = [
    () => {
      throw new Error('no socket');
    },
    async () => {
      await gate.promise;
      throw new Error('cut off');
    },
    () => gate.promise,
    // oxlint-disable-next-line unicorn/no-thenable -- a query builder, which runs when it is waited for
    () => Object.fromEntries([['then', (_: unknown, reject: (error: Error) => void) => reject(new Error('no table'))]]),
    () => 'sent',
  ];
  let turn = 0;
  using manager = new MultiClientAudioManager({
    send: () => turns[turn++]?.(),
    onError: (error, hook) => errors.push([hook, error]),
  });
  manager.createSession('a', 'a/b');
  const clips = turns.map((_, i) => buffer(i + 1));
  expect(clips.map((clip) => manager.broadcastBuffer('a/b', clip))).toEqual([1, 1, 1, 1, 1]);
  expect(manager.latestBuffer('a/b')).toBe(clips.at(-1));
  expect(manager.getHealthMetrics()).toMatchObject({ totalBuffersCreated: 5, failedSends: 1, pendingSends: 3 });
  gate.resolve();
  await manager.settled();
  expect(manager.getHealthMetrics()).toMatchObject({
    totalBuffersCreated: 5,
    failedSends: 3,
    pendingSends: 0,
    repos: [{ failedSends: 3, buffersCreated: 5 }],
  });
  expect(errors).toHaveLength(3);
  expect(errors).toEqual(
    expect.arrayContaining(['no socket', 'cut off', 'no table'].map((reason) => ['send', new Error(reason)])),
  );
});

test('hooks that throw or reject end nothing: not a session, a sweep, the numbers or the process', async () => {
  const hooks: string[] = [];
  const boom = (): never => {
    throw new Error('boom');
  };
  const manager = new MultiClientAudioManager({
    send: async () => boom(),
    sizeOf: boom,
    sessions: { onEnd: async () => boom(), lastActivityOf: boom, now: boom, staleMs: 10 },
    onError: (error, hook) => {
      if (String(error) === 'Error: boom' && !hooks.includes(hook)) hooks.push(hook);
    },
  });
  const session = manager.createSession('a', 'a/b');
  manager.createSession('b', 'a/b');
  expect(manager.broadcastBuffer('a/b', buffer())).toBe(2);
  expect(session.lastActivity).toBe(Date.now());
  expect(manager.getHealthMetrics()).toMatchObject({ activeSessions: 2, memoryUsage: 0 });
  expect(manager.removeSession('b')).toBe(true);
  vi.advanceTimersByTime(60_000);
  expect(manager.getHealthMetrics().activeSessions).toBe(0);
  manager.close();
  await manager.settled();
  expect(hooks.toSorted()).toEqual(['lastActivityOf', 'now', 'onEnd', 'send', 'sizeOf']);
});

test.each([
  { name: 'without onError', onError: undefined, expected: 'onEnd failed: boom' },
  {
    name: 'where onError throws',
    onError: () => {
      throw new Error('bang');
    },
    expected: 'onError failed: bang',
  },
])('a failed hook is one warning of the process $name', async ({ onError, expected }) => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
  const manager = new MultiClientAudioManager({
    sessions: {
      onEnd: () => {
        throw new Error('boom');
      },
    },
    onError,
  });
  for (const clientId of ['a', 'b', 'c']) manager.createSession(clientId, 'a/b');
  manager.close();
  expect(warn.mock.calls.map(([warning]) => String(warning))).toEqual([`SessionWarning: ${expected}`]);
  warn.mockRestore();
});

test('sizes and times that are not numbers count as none', () => {
  using manager = new MultiClientAudioManager({
    sizeOf: () => Number.NaN,
    sessions: { lastActivityOf: () => Number.NaN, staleMs: 10 },
  });
  const { connectedAt } = manager.createSession('a', 'a/b');
  manager.broadcastBuffer('a/b', buffer());
  expect(manager.getHealthMetrics().memoryUsage).toBe(0);
  expect(manager.sessions.getSession('a')?.lastActivity).toBe(connectedAt);
  vi.advanceTimersByTime(10);
  expect(manager.cleanup()).toBe(1);
});

const wrong: readonly (readonly [name: string, error: ErrorConstructor, options: object])[] = [
  ['send', TypeError, { send: 'send' }],
  ['sizeOf', TypeError, { sizeOf: 4 }],
  ['onError', TypeError, { onError: {} }],
  ['keepMs', RangeError, { keepMs: -1 }],
  ['keepMs', TypeError, { keepMs: '5m' }],
  ['sweepMs', RangeError, { sessions: { sweepMs: 30 * 86_400_000 } }],
  ['sweepMs', RangeError, { sessions: { sweepMs: Number.POSITIVE_INFINITY } }],
  ['staleMs', RangeError, { sessions: { staleMs: Number.NaN } }],
  ['maxSessions', RangeError, { sessions: { maxSessions: 0 } }],
  ['maxPerRepo', RangeError, { sessions: { maxPerRepo: 1.5 } }],
  ['sessions', TypeError, { sessions: null }],
  ['sessions', TypeError, { sessions: 5 }],
  ['options', TypeError, null as unknown as object],
  ['maxPerRepo', TypeError, { sessions: { maxPerRepo: null } }],
  ['onEnd', TypeError, { sessions: { onEnd: true } }],
  ['lastActivityOf', TypeError, { sessions: { lastActivityOf: 1 } }],
  ['now', TypeError, { sessions: { now: Date.now() } }],
];

test.each(wrong)('the option %s is refused with a %o when it is wrong: %o', (name, error, options) => {
  expect(() => new MultiClientAudioManager(options)).toThrow(error);
  expect(() => new MultiClientAudioManager(options)).toThrow(new RegExp(`^${name} must be`));
});

test('an option that is undefined has its default, and no time is longer than never', () => {
  const names = ['staleMs', 'sweepMs', 'maxSessions', 'maxPerRepo', 'lastActivityOf', 'onEnd', 'now'];
  const undefinedOnes = Object.fromEntries(names.map((name) => [name, undefined]));
  using manager = new MultiClientAudioManager({ send: undefined, keepMs: undefined, sessions: undefinedOnes });
  manager.createSession('a', 'a/b');
  vi.advanceTimersByTime(300_000);
  expect(manager.sessions.size).toBe(0);
  using lasting = new MultiClientAudioManager({
    keepMs: Number.POSITIVE_INFINITY,
    sessions: { staleMs: Number.POSITIVE_INFINITY },
  });
  lasting.createSession('a', 'a/b');
  lasting.broadcastBuffer('c/d', buffer());
  vi.advanceTimersByTime(10 * 86_400_000);
  expect([lasting.sessions.size, lasting.latestBuffer('c/d') !== undefined]).toEqual([1, true]);
});

test('a delivery to a name that is not one, of nothing, or after close is refused', () => {
  const manager = new MultiClientAudioManager<string | undefined>();
  for (const repoId of ['', undefined, 7]) {
    expect(() => manager.broadcastBuffer(repoId as string, 'x')).toThrow(/^repoId must be text/);
    expect(() => manager.createSession('a', repoId as string)).toThrow(/^repoId must be text/);
  }
  expect(() => manager.broadcastBuffer('a/b', undefined)).toThrow(TypeError);
  manager.createSession('a', 'a/b');
  expect(() => manager.sessions.touch('a', Number.NaN)).toThrow(RangeError);
  manager.close();
  expect(() => manager.broadcastBuffer('a/b', 'x')).toThrow(expect.objectContaining({ code: 'SESSION_CLOSED' }));
  expect(manager.getHealthMetrics()).toMatchObject({ totalBuffersCreated: 0, repos: [] });
});

test('the numbers are true', () => {
  using manager = new MultiClientAudioManager();
  manager.createSession('a', 'Owner/Repo');
  manager.createSession('b', 'owner/repo');
  manager.broadcastBuffer('owner/repo', buffer());
  const lastBufferAt = Date.now();
  vi.advanceTimersByTime(1_234);
  expect(manager.getHealthMetrics()).toEqual({
    activeSessions: 2,
    totalBuffersCreated: 1,
    failedSends: 0,
    pendingSends: 0,
    memoryUsage: 1_764_000,
    uptime: 1_234,
    repos: [
      {
        repoId: 'Owner/Repo',
        activeSessions: 2,
        buffersCreated: 1,
        failedSends: 0,
        bufferBytes: 1_764_000,
        lastBufferAt,
      },
    ],
  });
});

test('the sweep ends stale sessions, and lets a delivery go that has had no listener for a while', () => {
  const ended: string[] = [];
  using manager = new MultiClientAudioManager({
    sessions: { onEnd: ({ clientId }, why) => ended.push(`${clientId} ${why}`) },
  });
  manager.createSession('a', 'a/b');
  manager.broadcastBuffer('a/b', buffer());
  vi.advanceTimersByTime(300_000);
  expect(ended).toEqual(['a stale']);
  expect(manager.latestBuffer('a/b')).toBeDefined();
  vi.advanceTimersByTime(300_000);
  expect(manager.latestBuffer('a/b')).toBeUndefined();
  expect(manager.getHealthMetrics()).toMatchObject({
    activeSessions: 0,
    memoryUsage: 0,
    totalBuffersCreated: 1,
    repos: [],
  });
});

test('cleanup tells how many sessions it ended', () => {
  using manager = new MultiClientAudioManager({ sessions: { sweepMs: 0, staleMs: 10 } });
  manager.createSession('a', 'a/b');
  expect(manager.cleanup()).toBe(0);
  vi.advanceTimersByTime(10);
  expect(manager.cleanup()).toBe(1);
});

test('fifty listeners that come and go leave nothing', () => {
  using manager = new MultiClientAudioManager();
  for (let i = 0; i < 50; i++) {
    manager.createSession(`c${i}`, 'a/b');
    manager.removeSession(`c${i}`);
  }
  expect(manager.getHealthMetrics()).toMatchObject({ activeSessions: 0, memoryUsage: 0 });
});

test('close ends everything', () => {
  const manager = new MultiClientAudioManager();
  manager.createSession('a', 'a/b');
  manager.broadcastBuffer('a/b', buffer());
  manager.close();
  manager.close();
  expect(vi.getTimerCount()).toBe(0);
  expect(manager.getHealthMetrics()).toMatchObject({ activeSessions: 0, memoryUsage: 0, repos: [] });
});

test('deliveries need not be audio buffers', () => {
  using manager = new MultiClientAudioManager<{ hash: string; bytes: number }>({ sizeOf: ({ bytes }) => bytes });
  manager.broadcastBuffer('a/b', { hash: 'abc', bytes: 12 });
  expect(manager.latestBuffer('a/b')?.hash).toBe('abc');
  expect(manager.getHealthMetrics().memoryUsage).toBe(12);
  using bytes = new MultiClientAudioManager<Uint8Array>();
  bytes.broadcastBuffer('a/b', new Uint8Array(7));
  expect(bytes.getHealthMetrics().memoryUsage).toBe(7);
});
