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

test('a buffer reaches every session of its repository and is held once', () => {
  const reached: string[] = [];
  using manager = new MultiClientAudioManager({ deliver: ({ clientId }) => reached.push(clientId) });
  const sessions = ['a', 'b'].map((clientId) => manager.createSession(clientId, 'Owner/Repo'));
  manager.createSession('c', 'other/repo');
  const clip = buffer();
  expect(manager.broadcastBuffer('owner/repo', clip)).toBe(2);
  expect(reached).toEqual(['a', 'b']);
  expect(manager.latestBuffer('OWNER/repo')).toBe(clip);
  for (const session of sessions) expect(session.audioBuffer).toBe(clip);
  expect(manager.getHealthMetrics().memoryUsage).toBe(220_500 * 2 * 4);
  manager.broadcastBuffer('owner/repo', buffer(1_000));
  expect(manager.getHealthMetrics().memoryUsage).toBe(1_000 * 2 * 4);
});

test('a delivery that throws is counted and keeps the buffer from nobody else', () => {
  const reached: string[] = [];
  using manager = new MultiClientAudioManager({
    deliver: ({ clientId }) => {
      if (clientId === 'bad') throw new Error('gone');
      reached.push(clientId);
    },
  });
  for (const clientId of ['a', 'bad', 'b']) manager.createSession(clientId, 'a/b');
  expect(manager.broadcastBuffer('a/b', buffer())).toBe(2);
  expect(reached).toEqual(['a', 'b']);
  expect(manager.getHealthMetrics().failedDeliveries).toBe(1);
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
    failedDeliveries: 0,
    repos: [{ repoId: 'Owner/Repo', activeSessions: 2, buffersCreated: 1, bufferBytes: 1_764_000, lastBufferAt }],
  });
});

test('the sweep ends stale sessions, and lets a buffer go when nobody has listened for a while', () => {
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

test('dispose ends everything', () => {
  const manager = new MultiClientAudioManager();
  manager.createSession('a', 'a/b');
  manager.broadcastBuffer('a/b', buffer());
  manager.dispose();
  manager.dispose();
  expect(vi.getTimerCount()).toBe(0);
  expect(manager.getHealthMetrics()).toMatchObject({ activeSessions: 0, memoryUsage: 0, repos: [] });
});

test('clips other than audio buffers are held too', () => {
  using manager = new MultiClientAudioManager<{ hash: string; bytes: number }>({ sizeOf: ({ bytes }) => bytes });
  manager.broadcastBuffer('a/b', { hash: 'abc', bytes: 12 });
  expect(manager.latestBuffer('a/b')?.hash).toBe('abc');
  expect(manager.getHealthMetrics().memoryUsage).toBe(12);
  using bytes = new MultiClientAudioManager<Uint8Array>();
  bytes.broadcastBuffer('a/b', new Uint8Array(7));
  expect(bytes.getHealthMetrics().memoryUsage).toBe(7);
});
