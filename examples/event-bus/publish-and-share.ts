/** Publish, subscribe by pattern, share work in a group: @bnc/event-bus in memory. */
import assert from 'node:assert/strict';
import { EventBus } from '@bnc/event-bus';

interface Events {
  [topic: `order:paid:${string}`]: { readonly amount: number };
  'order:shipped': { readonly parcel: string };
}

await using bus = new EventBus<Events>();
const seen: string[] = [];
const done = Promise.withResolvers<void>();

// The pattern infers the payload: `amount` is a number here.
bus.subscribe('order:paid:*', ({ topic, payload }) => {
  seen.push(`${topic} ${payload.amount}`);
});

// One of the group gets each event, again if it throws.
bus.subscribe(
  'order:paid:*',
  ({ payload, attempt }) => {
    if (attempt === 1) throw new Error('the first try fails');
    seen.push(`charged ${payload.amount} on attempt ${attempt}`);
    done.resolve();
  },
  { group: 'till' },
);

const first = await bus.publish('order:paid:eu', { amount: 12 }, { dedupeId: 'order-1' });
const again = await bus.publish('order:paid:eu', { amount: 12 }, { dedupeId: 'order-1' });
assert.equal(first.duplicate, false);
assert.deepEqual(again, { id: first.id, duplicate: true });

await done.promise;
assert.deepEqual(seen, ['order:paid:eu 12', 'charged 12 on attempt 2']);
console.log(seen.join('\n'));
