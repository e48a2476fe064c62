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

test('a delivery that cannot be sent is counted and kept, and the caller learns why', () => {
  using manager = new MultiClientAudioManager({
    send: () => {
      throw new Error('no socket');
    },
  });
  expect(() => manager.broadcastBuffer('a/b', buffer())).toThrow('no socket');
  expect(manager.getHealthMetrics().totalBuffersCreated).toBe(1);
  expect(manager.latestBuffer('a/b')).toBeDefined();
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
    memoryUsage: 1_764_000,
    uptime: 1_234,
    repos: [{ repoId: 'Owner/Repo', activeSessions: 2, buffersCreated: 1, bufferBytes: 1_764_000, lastBufferAt }],
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
