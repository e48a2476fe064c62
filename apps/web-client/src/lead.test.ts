import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Lead } from './lead.ts';
import { serverUrl } from './server-url.ts';

let told: { readonly url: string; readonly leadMs: number; readonly resumeKey: string; readonly lateNotes?: number }[] =
  [];
beforeEach(() => {
  told = [];
  vi.stubGlobal('fetch', async (url: string, { body }: { body: string }) => {
    told.push({ url, ...(JSON.parse(body) as { leadMs: number; resumeKey: string }) });
    return new Response(null, { status: 204 });
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

test('a page tells what it needs by the way to the server, then by its phrases, and again on each new stream', () => {
  const lead = new Lead();
  lead.expect(150);
  expect(told).toEqual([]);
  lead.session = { clientId: 'a b', resumeKey: 'key' };
  expect(told).toEqual([{ url: serverUrl('session/a%20b/lead'), leadMs: 205, resumeKey: 'key' }]);
  lead.note(100);
  expect(told.at(-1)?.leadMs).toBe(130);
  for (const delayMs of [100, 110, 100, 105]) lead.note(delayMs);
  expect(told).toHaveLength(2);
  lead.session = { clientId: 'c', resumeKey: 'other' };
  expect(told.at(-1)).toEqual({ url: serverUrl('session/c/lead'), leadMs: 140, resumeKey: 'other' });
});

test('one late phrase of many does not count, nor one that a page gets again after it was away', () => {
  const lead = new Lead();
  lead.session = { clientId: 'a', resumeKey: 'key' };
  for (let phrase = 0; phrase < 19; phrase++) lead.note(50);
  lead.note(900);
  lead.note(60_000);
  lead.note(Number.NaN);
  expect(lead.needMs).toBe(80);
});

test('a page tells of notes that came late, once, and again where that did not reach the server', async () => {
  const lead = new Lead();
  lead.noteLate(2);
  expect(told).toEqual([]);
  lead.session = { clientId: 'a', resumeKey: 'key' };
  expect(told.map(({ lateNotes }) => lateNotes)).toEqual([2]);
  lead.note(1);
  expect(told).toHaveLength(1);
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('offline')));
  lead.noteLate(3);
  await Promise.resolve();
  await Promise.resolve();
  vi.stubGlobal('fetch', async (url: string, { body }: { body: string }) => {
    told.push({ url, ...(JSON.parse(body) as { leadMs: number; resumeKey: string }) });
    return new Response(null, { status: 204 });
  });
  lead.noteLate(20_000);
  expect(told.at(-1)?.lateNotes).toBe(10_000);
});
