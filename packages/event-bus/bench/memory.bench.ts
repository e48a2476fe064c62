import { EventEmitter } from 'node:events';
import type { Benchmark } from '@bnc/bench';
import Emittery from 'emittery';
import { EventEmitter as EventEmitter3 } from 'eventemitter3';
import mitt, { type Emitter } from 'mitt';
import { EventBus } from '../src/index.ts';

const count = 100_000;
const payload = { repoId: 'octo/cat', n: 1 };

/** Runs `emit` many times. Returns the rate per second. */
async function rate(emit: () => unknown): Promise<number> {
  const start = performance.now();
  for (let n = 0; n < count; n++) await emit();
  return count / ((performance.now() - start) / 1000);
}

/** The same without waiting, for synchronous emitters. */
function rateSync(emit: () => unknown): number {
  const start = performance.now();
  for (let n = 0; n < count; n++) emit();
  return count / ((performance.now() - start) / 1000);
}

export const benchmark: Benchmark = {
  name: 'event-bus/memory',
  async run(bench) {
    let heard = 0;
    const hear = (): void => {
      heard++;
    };
    const publisher = (patterns: readonly string[]) => {
      const bus = new EventBus();
      for (const pattern of patterns) bus.subscribe(pattern, hear);
      return () => bus.publish('webhook:github:push', payload);
    };
    const emittery = new Emittery();
    emittery.on('push', hear);
    const events = new EventEmitter();
    events.on('push', hear);
    const three = new EventEmitter3();
    three.on('push', hear);
    // The declarations are written for CommonJS and hide the function under Node's rules.
    const small = (mitt as unknown as () => Emitter<{ push: unknown }>)();
    small.on('push', hear);
    const one = publisher(['webhook:github:*']);
    await bench.compare({
      name: 'publish to one subscriber',
      unit: 'events/s',
      ours: () => rate(one),
      peers: {
        emittery: () => rate(() => emittery.emit('push', payload)),
        'node:events (sync)': () => rateSync(() => events.emit('push', payload)),
        'eventemitter3 (sync)': () => rateSync(() => three.emit('push', payload)),
        'mitt (sync)': () => rateSync(() => small.emit('push', payload)),
      },
      goal: { peer: 'emittery', atLeast: 2 },
    });
    const many = publisher(['webhook:github:*', ...Array.from({ length: 999 }, (_, n) => `room:${n}:*`)]);
    const cost = (perSecond: number): number => 1e9 / perSecond;
    await bench.compare({
      name: 'cost of a publish, 1,000 patterns',
      unit: 'ns',
      ours: async () => cost(await rate(many)),
      peers: { '1 pattern': async () => cost(await rate(one)) },
      goal: { peer: '1 pattern', atMost: 2 },
    });
    bench.use(heard);
  },
};
