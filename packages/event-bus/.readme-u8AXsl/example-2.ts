import { EventBus } from '@bnc/event-bus';

const bus = new EventBus({ retry: { attempts: 2, minDelayMs: 10 } });
bus.subscribe('$dead-letter', ({ payload: { group, topic, attempts, reason, id } }) => {
  console.log(`${group} gave up ${topic} after ${attempts} attempts: ${reason}; give it back with ${id}`);
});
await bus.subscribe('job:*', () => Promise.reject(new Error('no such clip')), { group: 'workers' }).ready;
await bus.publish('job:render', { clip: 7 });
await new Promise((resolve) => setTimeout(resolve, 100));
await bus.close();
// workers gave up job:render after 2 attempts: Error: no such clip; give it back with 1
