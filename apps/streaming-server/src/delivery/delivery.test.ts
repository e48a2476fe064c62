import { describe, expect, test } from 'vitest';
import { deliveryOf, readDelivery, variantOf, wireEncodings } from './delivery.ts';

describe('how a listener wants phrases', () => {
  test('is the JSON of the seed unless something else is said', () => {
    expect(readDelivery('inline')).toEqual({ kind: 'inline', encoding: 'json' });
  });

  test('may be several renditions by url, each once, in the order given', () => {
    expect(readDelivery('url', 'opus,flac,opus')).toEqual({ kind: 'url', encodings: ['opus', 'flac'] });
    for (const format of [undefined, 'json']) {
      expect(readDelivery('url', format)).toEqual({ kind: 'url', encodings: ['flac', 'opus'] });
    }
  });

  test('may be a score, with links in addition', () => {
    expect(readDelivery('inline', 'score')).toEqual({ kind: 'score', encodings: [] });
    expect(readDelivery('url', 'score')).toEqual({ kind: 'score', encodings: [] });
    expect(readDelivery('url', 'score,opus')).toEqual({ kind: 'score', encodings: ['opus'] });
    expect(readDelivery('inline', 'score,opus')).toBeUndefined();
  });

  test('is nothing where an encoding is unknown', () => {
    for (const format of ['mp3', '', 'flac,', 'FLAC', 'constructor', 'flac,mp3']) {
      for (const kind of ['inline', 'url'] as const) expect(readDelivery(kind, format)).toBeUndefined();
    }
    expect(readDelivery('inline', 'flac,opus')).toBeUndefined();
  });

  test('has a name that says it, and a name of another release says nothing', () => {
    const deliveries = [...wireEncodings.map((encoding) => readDelivery('inline', encoding)), readDelivery('url')];
    for (const delivery of deliveries) expect(deliveryOf(delivery ? variantOf(delivery) : '')).toEqual(delivery);
    for (const words of ['score', 'flac,score', 'score,opus,score']) {
      const delivery = readDelivery('url', words);
      expect(delivery?.kind).toBe('score');
      expect(deliveryOf(delivery ? variantOf(delivery) : '')).toEqual(delivery);
    }
    for (const word of ['mp3', 'url:', 'url:flac,mp3', '']) expect(deliveryOf(word)).toBeUndefined();
  });
});
