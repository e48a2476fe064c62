import { EventBus } from '@bnc/event-bus';

interface Events {
  [topic: `webhook:github:${string}`]: { repoId: string; title: string };
  'music:generated': { repoId: string; tempo: number };
}

const bus = new EventBus<Events>();
bus.subscribe('webhook:github:*', ({ topic, payload }) => console.log(topic, payload.title));
const { id, duplicate } = await bus.publish(
  'webhook:github:push',
  { repoId: 'octo/cat', title: 'Teach the cat to purr' },
  { dedupeId: 'delivery-1' },
);
console.log(/-1$/.test(id), duplicate);
await bus.close();
// webhook:github:push Teach the cat to purr
// true false
