import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EventBlock, EventStreamParser } from './event-stream-parser.ts';

type Read = readonly [event: string, data: string | undefined, id: string | undefined];

function parse(chunks: readonly (string | Uint8Array)[], maxEventBytes = 2 ** 24) {
  const blocks: EventBlock[] = [];
  const retries: number[] = [];
  const parser = new EventStreamParser(
    { onBlock: (block) => blocks.push(block), onRetry: (ms) => retries.push(ms) },
    maxEventBytes,
  );
  for (const chunk of chunks) parser.push(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
  const read = blocks.map(({ event, data, id }): Read => [event, data, id]);
  return { blocks, retries, read };
}

/** Cuts bytes at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...ends].map((start, i) => bytes.subarray(start, ends[i] ?? bytes.length));
}

const words = [
  'data',
  'data: ',
  'event: ',
  'id: ',
  'id',
  'retry: ',
  'retry',
  'channel: ',
  ':',
  ': ',
  ' ',
  '\t',
  '\n',
  '\n\n',
];
const texts = [
  '\r',
  '\r\n',
  '\r\n\r\n',
  'x',
  'a b',
  '12',
  '0',
  '-1',
  '1.5',
  '٣',
  '\0',
  '\uFEFF',
  'é',
  '€',
  '😺',
  '\u2028',
];
const streams = fc
  .array(fc.constantFrom(...words, ...words, ...texts), { maxLength: 60 })
  .map((parts) => parts.join(''));
const places = fc.array(fc.nat(200), { maxLength: 12 });

describe('a stream cut anywhere', () => {
  test('reads as the parser of another author reads it whole', () => {
    fc.assert(
      fc.property(streams, places, (stream, places) => {
        const bytes = new TextEncoder().encode(`${stream}\n\n`);
        const expected: Read[] = [];
        const retries: number[] = [];
        const oracle = createParser({
          onEvent: ({ event, data, id }) => expected.push([event ?? 'message', data, id]),
          onRetry: (ms) => retries.push(ms),
        });
        oracle.feed(`${stream}\n\n`);
        const { read, retries: ours } = parse(cut(bytes, places));
        expect(read.filter(([, data]) => data !== undefined)).toEqual(expected);
        expect(ours).toEqual(retries);
      }),
      { numRuns: 2_000 },
    );
  });

  test('reads as it reads whole, also where the bytes are not UTF-8', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), streams, places, (noise, stream, places) => {
        const text = new TextEncoder().encode(`${stream}\n`);
        const bytes = Uint8Array.of(...text, ...new TextEncoder().encode('data: '), ...noise, ...text, 10, 10);
        const decoded = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
        expect(parse(cut(bytes, places))).toEqual(parse([bytes]));
        expect(parse([bytes])).toEqual(parse([decoded]));
      }),
      { numRuns: 500 },
    );
  });
});

test.each<{ name: string; chunks: readonly (string | Uint8Array)[]; read: readonly Read[] }>([
  {
    name: 'a block ends with its CR, before the LF is there',
    chunks: ['data: a\r\r'],
    read: [['message', 'a', undefined]],
  },
  {
    name: 'a CR LF cut in two is one line end, an LF after a whole one is another',
    chunks: ['data: a\r', '\n', '\r', '', '\ndata: b\n\n'],
    read: [
      ['message', 'a', undefined],
      ['message', 'b', undefined],
    ],
  },
  {
    name: 'a mark of byte order cut in two is left out, and only the first',
    chunks: [Uint8Array.of(0xef), Uint8Array.of(0xbb), '\uFEFF'.slice(1), Uint8Array.of(0xbf), 'data: \uFEFFa\n\n'],
    read: [['message', '\uFEFFa', undefined]],
  },
  {
    name: 'a mark of byte order on a later line belongs to the name of a field',
    chunks: ['data: a\n\uFEFFdata: b\n\n'],
    read: [['message', 'a', undefined]],
  },
  { name: 'a mark of byte order before a comment', chunks: ['\uFEFF: hi\n\uFEFF\n\n'], read: [] },
  { name: 'an id without data moves the place', chunks: ['id: 7\n\n'], read: [['message', undefined, '7']] },
  { name: 'an empty id takes the place back', chunks: ['id\n\n'], read: [['message', undefined, '']] },
  { name: 'an id with NUL is ignored', chunks: ['id: 1\0\ndata: a\n\n'], read: [['message', 'a', undefined]] },
  { name: 'the last id of a block counts', chunks: ['id: 1\nid: 2\ndata: a\n\n'], read: [['message', 'a', '2']] },
  { name: 'an unfinished block is nothing', chunks: ['id: 1\ndata: a\n'], read: [] },
  {
    name: 'empty data is data',
    chunks: ['data\n\ndata:\ndata:\n\n'],
    read: [
      ['message', '', undefined],
      ['message', '\n', undefined],
    ],
  },
])('$name', ({ chunks, read }) => {
  expect(parse(chunks).read).toEqual(read);
});

test('the name of the channel belongs to its block alone', () => {
  const { blocks } = parse(['channel: news\ndata: a\n\ndata: b\n\n']);
  expect(blocks.map(({ channel }) => channel)).toEqual(['news', undefined]);
});

describe('an event beyond the limit', () => {
  const limit = 100;
  const fits = `data: ${'x'.repeat(limit - 6)}`;

  test.each([
    { name: 'in one line', lines: `${fits}x\n` },
    { name: 'in many lines', lines: 'data: 12345\n'.repeat(10) },
    { name: 'in empty lines', lines: 'data\n'.repeat(26) },
    { name: 'in characters of several bytes', lines: `data: ${'€'.repeat(32)}\n` },
    { name: 'in a field that is not known', lines: `data: a\n${'y'.repeat(limit)}\n` },
  ])('$name is left out, its id counts, and the next is read, wherever it is cut', ({ lines }) => {
    const bytes = new TextEncoder().encode(`id: 1\n${lines}event: big\n\nid: 2\ndata: small\n\n`);
    for (let place = 0; place <= bytes.length; place++) {
      const { blocks } = parse(cut(bytes, [place, place + 3]), limit);
      expect(blocks).toMatchObject([
        { id: '1', data: undefined, isTooLarge: true },
        { id: '2', data: 'small', isTooLarge: false },
      ]);
    }
  });

  test('is not one that reaches the limit exactly, nor a comment of any length', () => {
    const bytes = new TextEncoder().encode(`: ${'c'.repeat(1_000)}\n${fits}\n: ${'c'.repeat(1_000)}\n\n`);
    for (const places of [[], [50, 60], [500, 1_050, 1_900]]) {
      expect(parse(cut(bytes, places), limit).blocks).toMatchObject([{ data: fits.slice(6), isTooLarge: false }]);
    }
  });

  test('holds no more bytes than the limit, however long its line goes on', () => {
    const parser = new EventStreamParser({ onBlock: () => {}, onRetry: () => {} }, 2 ** 16);
    const before = process.memoryUsage();
    for (let i = 0; i < 4_000; i++) parser.push(new Uint8Array(2 ** 16).fill(120));
    const after = process.memoryUsage();
    // 250 MiB went in.
    expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(2 ** 27);
  });
});
