import { describe, expect, test } from 'vitest';
import { formOf, isVariant, readForm, streamFormats, variantOf } from './form.ts';

describe('what a listener asks for', () => {
  test('is the JSON of the seed unless something else is said', () => {
    expect(readForm()).toEqual({ delivery: 'inline', format: 'json' });
  });

  test('may be several renditions by url, each once, in the order given', () => {
    expect(readForm('opus,flac,opus', 'url')).toEqual({ delivery: 'url', formats: ['opus', 'flac'] });
    for (const format of [undefined, 'json']) {
      expect(readForm(format, 'url')).toMatchObject({ formats: ['flac', 'opus'] });
    }
  });

  test('is refused with a code where it is unknown', () => {
    for (const format of ['mp3', '', 'flac,', 'FLAC', 'constructor', 'flac,mp3']) {
      for (const delivery of ['inline', 'url']) {
        expect(() => readForm(format, delivery)).toThrow(expect.objectContaining({ code: 'STREAM_FORMAT_UNKNOWN' }));
      }
    }
    expect(() => readForm('flac,opus', 'inline')).toThrow(expect.objectContaining({ code: 'STREAM_FORMAT_UNKNOWN' }));
    expect(() => readForm('flac', 'pigeon')).toThrow(expect.objectContaining({ code: 'STREAM_DELIVERY_UNKNOWN' }));
  });

  test('has a name that tells it', () => {
    const forms = [...streamFormats.map((format) => readForm(format)), readForm('opus,pcm-f32le', 'url')];
    for (const form of forms) {
      expect(formOf(variantOf(form))).toEqual(form);
      expect(isVariant(variantOf(form))).toBe(true);
    }
    for (const word of ['mp3', 'url:', 'url:flac,mp3', '']) expect(isVariant(word)).toBe(false);
  });
});
