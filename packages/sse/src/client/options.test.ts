import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startHub } from '../../test/hub.ts';
import { local, nowhere } from '../../test/stream-stage.ts';
import { until } from '../../test/support.ts';
import { SSEClient } from '../client.ts';

describe('wrong use', () => {
  const onMessage = (): void => {};
  const wrong: readonly (readonly [name: string, error: ErrorConstructor, options: object])[] = [
    ['onMessage', TypeError, { onMessage: undefined }],
    ['onMessage', TypeError, { onMessage: 'print' }],
    ['onState', TypeError, { onState: 1 }],
    ['onRefused', TypeError, { onRefused: null }],
    ['retryOn', TypeError, { retryOn: [404] }],
    ['onGap', TypeError, { onGap: {} }],
    ['gapOf', TypeError, { gapOf: 'missed' }],
    ['onError', TypeError, { onError: true }],
    ['keep', TypeError, { keep: 'all' }],
    ['fetch', TypeError, { fetch: 'node-fetch' }],
    ['events', TypeError, { events: 'tick' }],
    ['events', TypeError, { events: [1] }],
    ['headers', TypeError, { headers: 'Authorization: x' }],
    ['headers', TypeError, { headers: { 'a header': 'x' } }],
    ['headers', TypeError, { headers: null }],
    ['lastEventId', TypeError, { lastEventId: 7 }],
    ['lastEventId', TypeError, { lastEventId: 'a\nb' }],
    ['resumeBy', TypeError, { resumeBy: 'cookie' }],
    ['share', TypeError, { share: '' }],
    ['share', TypeError, { share: true }],
    ['withCredentials', TypeError, { withCredentials: 'include' }],
    ['signal', TypeError, { signal: new AbortController() }],
    ['watchdogMs', RangeError, { watchdogMs: -1 }],
    ['watchdogMs', RangeError, { watchdogMs: Number.NaN }],
    ['watchdogMs', TypeError, { watchdogMs: '75s' }],
    ['minRetryMs', RangeError, { minRetryMs: 0 }],
    ['maxRetryMs', RangeError, { minRetryMs: 1_000, maxRetryMs: 999 }],
    ['maxRetryMs', RangeError, { maxRetryMs: Number.POSITIVE_INFINITY }],
    ['maxEventBytes', RangeError, { maxEventBytes: 0 }],
    ['maxEventBytes', RangeError, { maxEventBytes: 2 ** 29 }],
  ];

  test.each(wrong)('of %s is a %o at once, also with share: %o', (name, error, options) => {
    for (const more of [{}, { share: 'news' }]) {
      const make = (): SSEClient => new SSEClient(nowhere, { onMessage, ...more, ...options });
      expect(make).toThrow(error);
      expect(make).toThrow(new RegExp(`^${name}`));
    }
  });

  test.each(['/stream', 'ftp://x/', 'not a url', '', undefined, 7])('of the address %j is a TypeError', (url) => {
    expect(() => new SSEClient(url as string, { onMessage })).toThrow(/^url must be/);
  });

  test('of a runtime without fetch is a TypeError that says what to do', () => {
    vi.stubGlobal('fetch', undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(() => new SSEClient(nowhere, { onMessage })).toThrow(/pass one as the option fetch/);
  });

  test('is not an option that is undefined, which has its default', async () => {
    const names = wrong.map(([name]) => name).filter((name) => name !== 'onMessage');
    const { manager, port } = await startHub();
    const client = new SSEClient(local(port), {
      ...Object.fromEntries(names.map((name) => [name, undefined])),
      onMessage,
    });
    onTestFinished(() => client.close());
    await until(() => manager.count() === 1);
  });
});
