import { createParser, type EventSourceMessage } from 'eventsource-parser';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeComment, encodeEvent, encodeRetry } from './encode.ts';

function parse(bytes: Uint8Array): EventSourceMessage[] {
  const events: EventSourceMessage[] = [];
  createParser({ onEvent: (event) => events.push(event) }).feed(new TextDecoder().decode(bytes));
  return events;
}

const anyText = fc.string({ unit: 'binary', maxLength: 200 });
const seasoned = fc
  .array(fc.oneof(anyText, fc.constantFrom('\r', '\n', '\r\n', ':', ' ', 'data: ', 'id: 1')))
  .map((parts) => parts.join(''));

test('what is encoded is what another parser reads: one event, the same fields', () => {
  fc.assert(
    fc.property(seasoned, seasoned, seasoned, fc.boolean(), (data, event, id, asBytes) => {
      const isClean = !/[\r\n\0]/.test(event + id);
      const encode = () => encodeEvent({ data: asBytes ? new TextEncoder().encode(data) : data, event, id });
      if (!isClean) {
        expect(encode).toThrow(TypeError);
        return;
      }
      expect(parse(encode())).toEqual([
        {
          data: data.replaceAll(/\r\n|\r/g, '\n').toWellFormed(),
          event: event === '' || event === 'message' ? undefined : event.toWellFormed(),
          id: id.toWellFormed(),
        },
      ]);
    }),
    { numRuns: 1_000 },
  );
});

test('objects go out as JSON', () => {
  expect(encodeEvent({ data: { a: 'x\ny' }, id: '7', event: 'tick', retry: 10 }).toString()).toBe(
    'retry: 10\nid: 7\nevent: tick\ndata: {"a":"x\\ny"}\n\n',
  );
  expect(encodeEvent({ data: 1, event: 'message' }).toString()).toBe('data: 1\n\n');
});

test('wrong use is refused', () => {
  expect(() => encodeEvent({ data: undefined })).toThrow(TypeError);
  expect(() => encodeEvent({ data: '', retry: 1.5 })).toThrow(RangeError);
  expect(() => encodeRetry(-1)).toThrow(RangeError);
  expect(() => encodeRetry(Number.NaN)).toThrow(RangeError);
});

test('a comment stays a comment', () => {
  expect(encodeComment('a\ndata: b\r\nc').toString()).toBe(': a\n: data: b\n: c\n\n');
});
