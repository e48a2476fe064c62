import { EventBus } from '@bnc/event-bus';
import { sqlite } from '@bnc/event-bus/sqlite';

const bus = new EventBus({ transport: await sqlite({ file: 'bus.db', durability: 'full' }) });
await bus.subscribe('job:*', (event) => console.log(event.attempt, event.payload), { group: 'workers' }).ready;
await bus.publish('job:render', { clip: 7 });
await bus.close();
// 1 { clip: 7 }
