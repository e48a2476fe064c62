import { EventBus } from '@bnc/event-bus';
import { redis } from '@bnc/event-bus/redis';

const bus = new EventBus({ transport: await redis({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' }) });
await bus.subscribe('job:*', (event) => console.log(event.attempt, event.payload), { group: 'workers' }).ready;
await bus.publish('job:render', { clip: 7 });
await new Promise((resolve) => setTimeout(resolve, 100));
await bus.close();
// 1 { clip: 7 }
