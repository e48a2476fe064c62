import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ClientSessionManager } from './client-session-manager.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a session carries its client, its repository and its times', () => {
  using manager = new ClientSessionManager();
  const session = manager.createSession('c1', 'Owner/Repo');
  expect(session).toMatchObject({
    clientId: 'c1',
    repoId: 'Owner/Repo',
    connectedAt: Date.now(),
    lastActivity: Date.now(),
  });
  expect(session.audioBuffer).toBeUndefined();
  expect(manager.getSession('c1')).toBe(session);
});

test('repositories compare without case', () => {
  using manager = new ClientSessionManager();
  manager.createSession('a', 'Owner/Repo');
  manager.createSession('b', 'owner/repo');
  manager.createSession('c', 'owner/other');
  expect(Array.from(manager.sessions('OWNER/REPO'), ({ clientId }) => clientId)).toEqual(['a', 'b']);
  expect([manager.count('owner/repo'), manager.size, [...manager.sessions()].length]).toEqual([2, 3, 3]);
});

test('a silent session ends with the first sweep after five minutes, a touched one stays', () => {
  const ended: string[] = [];
  using manager = new ClientSessionManager({ onEnd: ({ clientId }, why) => ended.push(`${clientId} ${why}`) });
  manager.createSession('silent', 'a/b');
  manager.createSession('alive', 'a/b');
  vi.advanceTimersByTime(240_000);
  manager.touch('alive');
  vi.advanceTimersByTime(59_999);
  expect(ended).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(ended).toEqual(['silent stale']);
  vi.advanceTimersByTime(239_999);
  expect(manager.size).toBe(1);
  vi.advanceTimersByTime(1);
  expect(ended).toEqual(['silent stale', 'alive stale']);
});

test('a session lives while its connection says that the client takes what is sent', () => {
  const taken = new Map([['taking', 0]]);
  using manager = new ClientSessionManager({ lastActivityOf: (clientId) => taken.get(clientId) });
  const [taking, silent] = ['taking', 'silent'].map((clientId) => manager.createSession(clientId, 'a/b'));
  vi.advanceTimersByTime(299_999);
  taken.set('taking', Date.now());
  expect([taking?.lastActivity, silent?.lastActivity]).toEqual([Date.now(), Date.now() - 299_999]);
  vi.advanceTimersByTime(1);
  expect(Array.from(manager.sessions(), ({ clientId }) => clientId)).toEqual(['taking']);
  manager.touch('taking');
  expect(taking?.lastActivity).toBe(Date.now());
  vi.advanceTimersByTime(300_000);
  expect(manager.size).toBe(0);
});

test('a touch never goes back in time, and tells when there is no session', () => {
  using manager = new ClientSessionManager();
  const session = manager.createSession('a', 'a/b');
  manager.touch('a', session.connectedAt - 1_000);
  expect(session.lastActivity).toBe(session.connectedAt);
  expect(manager.touch('nobody')).toBe(false);
});

test('fifty sessions that come and go leave nothing', () => {
  using manager = new ClientSessionManager();
  for (let i = 0; i < 50; i++) {
    manager.createSession(`c${i}`, 'a/b');
    expect(manager.removeSession(`c${i}`)).toBe(true);
    expect(manager.removeSession(`c${i}`)).toBe(false);
  }
  expect([manager.size, manager.count('a/b'), [...manager.sessions()].length]).toEqual([0, 0, 0]);
});

test('limits and wrong use are refused with a code', () => {
  using manager = new ClientSessionManager({ maxSessions: 2, maxPerRepo: 1 });
  manager.createSession('a', 'a/b');
  expect(() => manager.createSession('a', 'c/d')).toThrow(expect.objectContaining({ code: 'SESSION_EXISTS' }));
  expect(() => manager.createSession('b', 'A/B')).toThrow(expect.objectContaining({ code: 'SESSION_REPO_LIMIT' }));
  manager.createSession('b', 'c/d');
  expect(() => manager.createSession('c', 'e/f')).toThrow(expect.objectContaining({ code: 'SESSION_LIMIT' }));
  expect(() => manager.createSession('', 'e/f')).toThrow(TypeError);
  expect(() => manager.createSession('c', '')).toThrow(TypeError);
});

test('close ends every session once, stops the timer and refuses new ones', () => {
  const ended: string[] = [];
  const manager = new ClientSessionManager({ onEnd: ({ clientId }, why) => ended.push(`${clientId} ${why}`) });
  manager.createSession('a', 'a/b');
  manager.close();
  manager.close();
  expect(ended).toEqual(['a closed']);
  expect(vi.getTimerCount()).toBe(0);
  expect(() => manager.createSession('b', 'a/b')).toThrow(expect.objectContaining({ code: 'SESSION_CLOSED' }));
});
