import fc from 'fast-check';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { type DeadLetter, EventBus, type EventOf } from './index.ts';
import { assertPattern, assertTopic, type MatchingTopic, matcher, TopicRouter } from './topic.ts';

interface Events {
  [topic: `webhook:github:${string}`]: { readonly activity: string };
  'webhook:ping': { readonly ping: true };
  'music:generated': { readonly tempo: number };
  'a:b:c:d': { readonly deep: true };
}

describe('the types of a pattern', () => {
  it('infer the union of the payloads that it may bring', () => {
    expectTypeOf<EventOf<Events, 'webhook:github:*'>['payload']>().toEqualTypeOf<{ readonly activity: string }>();
    expectTypeOf<EventOf<Events, 'webhook:github:push'>['payload']>().toEqualTypeOf<{ readonly activity: string }>();
    expectTypeOf<EventOf<Events, 'webhook:*'>['payload']>().toEqualTypeOf<{ readonly ping: true }>();
    expectTypeOf<EventOf<Events, 'webhook:**'>['payload']>().toEqualTypeOf<
      { readonly activity: string } | { readonly ping: true }
    >();
    expectTypeOf<EventOf<Events, '*:generated'>['payload']>().toEqualTypeOf<{ readonly tempo: number }>();
    expectTypeOf<MatchingTopic<Events, 'a:*:c:**'>>().toEqualTypeOf<'a:b:c:d'>();
    expectTypeOf<MatchingTopic<Events, 'a:*'>>().toEqualTypeOf<never>();
    expectTypeOf<MatchingTopic<Events, 'webhook:github:*:forced'>>().toEqualTypeOf<`webhook:github:${string}`>();
    expectTypeOf<MatchingTopic<Events, 'webhook:github'>>().toEqualTypeOf<never>();
    expectTypeOf<MatchingTopic<Events, '**'>>().toEqualTypeOf<keyof Events>();
    expectTypeOf<MatchingTopic<Events, string>>().toEqualTypeOf<keyof Events>();
    expectTypeOf<EventOf<Events, '$dead-letter'>['payload']>().toEqualTypeOf<DeadLetter>();
    expectTypeOf<MatchingTopic<Events, 'webhook:* music:*'>>().toEqualTypeOf<'webhook:ping' | 'music:generated'>();
    expectTypeOf<EventOf<Events, 'webhook:ping $dead-letter music:*'>['payload']>().toEqualTypeOf<
      { readonly ping: true } | DeadLetter | { readonly tempo: number }
    >();
  });

  it('narrow by topic, and check what is published', () => {
    const bus = new EventBus<Events>();
    bus.subscribe('webhook:**', (event) => {
      if (event.topic === 'webhook:ping') expectTypeOf(event.payload).toEqualTypeOf<{ readonly ping: true }>();
    });
    const wrong = (): void => {
      // @ts-expect-error no such topic
      void bus.publish('webhook:pong', { ping: true });
      // @ts-expect-error another topic's payload
      void bus.publish('webhook:ping', { tempo: 1 });
      // @ts-expect-error a template's payload
      void bus.publish('webhook:github:push', { ping: true });
    };
    expect(wrong).toBeTypeOf('function');
  });
});

const name = fc.stringMatching(/^[a-z0-9_.-]{1,4}$/);
const topics = fc.array(name, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(':'));
const onePattern = fc
  .tuple(fc.array(fc.oneof(name, fc.constant('*')), { minLength: 1, maxLength: 5 }), fc.boolean())
  .map(([parts, open]) => [...parts, ...(open ? ['**'] : [])].join(':'));

const patterns = fc.array(onePattern, { minLength: 1, maxLength: 3 }).map((alternatives) => alternatives.join(' '));

/** The grammar, said again as a regular expression. */
function oracle(pattern: string): RegExp {
  const alternatives = pattern.split(' ').map((alternative) =>
    alternative
      .split(':')
      .map((part) => (part === '**' ? '[^:]+(:[^:]+)*' : part === '*' ? '[^:]+' : part.replace(/[.-]/g, '\\$&')))
      .join(':'),
  );
  return new RegExp(`^(${alternatives.join('|')})$`);
}

describe('matching', () => {
  it('agrees with the grammar for any pattern and topic', () => {
    fc.assert(
      fc.property(patterns, topics, (pattern, topic) => {
        expect(matcher(pattern)(topic)).toBe(oracle(pattern).test(topic));
      }),
      { numRuns: 1000 },
    );
  });

  it('matches every pattern made from a topic by putting stars in', () => {
    fc.assert(
      fc.property(topics, fc.infiniteStream(fc.boolean()), fc.nat(5), (topic, stars, cut) => {
        const parts = topic.split(':');
        const kept = parts.slice(0, cut).map((part) => (stars.next().value ? '*' : part));
        const pattern = (cut < parts.length ? [...kept, '**'] : kept).join(':');
        expect(matcher(pattern)(topic)).toBe(true);
      }),
    );
  });

  it('finds in the router exactly the patterns that match, also after some have gone', () => {
    fc.assert(
      fc.property(fc.array(patterns, { maxLength: 20 }), fc.array(topics, { maxLength: 8 }), (list, asked) => {
        const router = new TopicRouter<number>();
        for (const [place, pattern] of list.entries()) router.add(pattern, place);
        const expected = (topic: string, from: number): number[] =>
          [...list.keys()].filter((place) => place >= from && matcher(list[place] ?? '')(topic));
        for (const topic of asked) {
          expect([...router.match(topic)].toSorted((a, b) => a - b)).toEqual(expected(topic, 0));
        }
        const half = Math.floor(list.length / 2);
        for (const [place, pattern] of list.slice(0, half).entries()) router.delete(pattern, place);
        for (const topic of asked) {
          expect([...router.match(topic)].toSorted((a, b) => a - b)).toEqual(expected(topic, half));
        }
      }),
    );
  });

  it('finds a listener once when several of its alternatives match, also after another has gone', () => {
    const router = new TopicRouter<string>();
    router.add('a:* *:b **', 'several');
    router.add('a:b c', 'other');
    expect([...router.match('a:b')].toSorted()).toEqual(['other', 'several']);
    router.delete('a:b c', 'other');
    router.delete('a:b c', 'never added');
    expect(router.match('a:b')).toEqual(['several']);
  });

  it('looks up each segment of a topic once, however many patterns and topics there are', () => {
    const lookups = (patternCount: number, topicCount: number): number => {
      const router = new TopicRouter<number>();
      for (let n = 0; n < patternCount; n++) router.add(`hook:${n}:*`, n);
      const get = vi.spyOn(Map.prototype, 'get');
      let found = 0;
      for (let round = 0; round < 2; round++) {
        for (let n = 0; n < topicCount; n++) found += router.match(`hook:${n}:push`).length;
      }
      const calls = get.mock.calls.length;
      get.mockRestore();
      expect(found).toBe(2 * Math.min(patternCount, topicCount));
      return calls / (2 * topicCount);
    };
    expect(lookups(100, 100)).toBe(2);
    expect(lookups(10_000, 20_000)).toBe(2);
  });

  it('keeps nothing of patterns that have gone', () => {
    const router = new TopicRouter<number>();
    const list = ['a:b:c', 'a:*:c', '*:*:**', '**', 'a'];
    for (const [n, pattern] of list.entries()) router.add(pattern, n);
    for (const [n, pattern] of list.entries()) router.delete(pattern, n);
    const get = vi.spyOn(Map.prototype, 'get');
    expect(router.match('a:b:c')).toEqual([]);
    expect(get).not.toHaveBeenCalled();
    get.mockRestore();
  });

  it('keeps stars, empty segments, white space and control characters out of topics', () => {
    for (const bad of ['', ':', 'a:', ':a', 'a::b', 'a:*', 'a b', 'a\n', 'a\u0000', '\u0085']) {
      expect(() => assertTopic(bad), JSON.stringify(bad)).toThrow(TypeError);
    }
    for (const good of ['a', 'a:b', 'ünï:cödé', 'room:1', '__proto__', 'constructor']) assertTopic(good);
    for (const bad of ['', '**:a', 'a:**:b', 'a*', 'a:*b', '***', ' a', 'a ', 'a  b', 'a\tb']) {
      expect(() => assertPattern(bad)).toThrow(TypeError);
    }
    for (const good of ['*', '**', 'a:*:b:**', 'a:* b', '* **']) assertPattern(good);
  });
});
