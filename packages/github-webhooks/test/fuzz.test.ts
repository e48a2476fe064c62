import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GitHubWebhookReceiver, hear, normalizeActivity, WebhookError } from '../src/index.ts';
import { delivery, type Example, examples, SECRET } from './deliveries.ts';
import { read } from './listener.ts';

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, child]) => [[...path, key], ...pathsOf(child, [...path, key])])
    : [];
}

function replace(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value)
    ? [...(value as unknown[])]
    : { ...(value as Record<string, unknown>) };
  Reflect.set(copy, key, replace(Reflect.get(copy, key), rest, by));
  return copy;
}

const mutation = fc
  .record({ example: fc.constantFrom(...examples), place: fc.nat(), by: fc.jsonValue() })
  .map(({ example: { event, payload }, place, by }) => {
    const paths = pathsOf(payload);
    return { event, payload: replace(payload, paths[place % paths.length] ?? [], by) };
  });

describe('any value anywhere in any example', () => {
  it('is understood, ignored or refused with a 4xx', async () => {
    const receiver = new GitHubWebhookReceiver({ secrets: [SECRET], onFact: () => {}, onPing: () => {} });
    await fc.assert(
      fc.asyncProperty(mutation, async ({ event, payload }) => {
        const status = await receiver.receive(delivery(event, payload)).then(
          () => 202,
          (error: unknown) => (error instanceof WebhookError ? error.statusCode : 500),
        );
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves an activity whose every field has its type and its bounds', () => {
    fc.assert(
      fc.property(mutation, ({ event, payload }) => {
        let activity: ReturnType<typeof normalizeActivity>;
        try {
          activity = normalizeActivity(event, payload, { deliveryId: 'd', receivedAt: Date.now() });
        } catch (error) {
          expect(error).toMatchObject({ code: 'WEBHOOK_REPOSITORY_INVALID' });
          return;
        }
        if (!activity) return;
        for (const text of [activity.title, activity.actor, activity.language ?? '', activity.action ?? '']) {
          expect(text.length).toBeLessThanOrEqual(200);
          expect(text).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
          expect(text.isWellFormed()).toBe(true);
        }
        for (const size of [activity.commits, activity.files, activity.additions, activity.deletions]) {
          expect(Number.isSafeInteger(size) && size >= 0).toBe(true);
        }
        expect(activity.url).toMatch(/^(?:https?:\/\/\S{1,500})?$/);
        expect(typeof activity.isPrivate).toBe('boolean');
        expect(Number.isSafeInteger(activity.occurredAt)).toBe(true);
        expect(activity.occurredAt).toBeLessThanOrEqual(Date.now() + 600_000);
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves a small delivery, which is heard with others', () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 8 }), (mutations) => {
        let facts: ReturnType<typeof hear>['facts'] | undefined;
        for (const [index, told] of mutations.entries()) {
          let kept: ReturnType<typeof read>;
          try {
            kept = read(told as Example, `d${index}`, 1_800_000_000_000);
          } catch (error) {
            expect(error).toMatchObject({ code: 'WEBHOOK_REPOSITORY_INVALID' });
            continue;
          }
          if (!kept) continue;
          expect(JSON.parse(JSON.stringify(kept))).toStrictEqual(kept);
          ({ facts } = hear(facts, kept, 1_800_000_000_000 + index));
          ({ facts } = hear(facts, undefined, facts.due ?? facts.at));
          expect(JSON.parse(JSON.stringify(facts))).toStrictEqual(facts);
        }
      }),
      { numRuns: 500 },
    );
  });
});
