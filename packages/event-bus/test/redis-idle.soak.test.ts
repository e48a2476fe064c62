import { expect, it } from 'vitest';
import { startProcess } from './processes.ts';
import { open, own, raw } from './redis-bus.ts';

function until(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

it('costs an idle server with an owned group and a following three commands a second at most', {
  timeout: 120_000,
}, async () => {
  const server = await own({});
  const bus = await open({ url: server.url, leaseMs: 5_000 });
  await bus.subscribe('job:*', () => {}, { group: 'g', keys: 'owned' }).ready;
  await bus.follow('job:*', () => {}).add('k');
  await bus.publish('job:a', { n: 1 }, { key: 'k' });
  const command = await raw(server);
  const processed = async (): Promise<number> =>
    Number(/total_commands_processed:(\d+)/.exec(String(await command('INFO', 'stats')))?.[1]);
  await until(2_000);
  const before = await processed();
  const from = performance.now();
  await until(40_000);
  // The question counts as well.
  const count = (await processed()) - before - 1;
  const perSecond = (count * 1_000) / (performance.now() - from);
  expect(perSecond).toBeLessThanOrEqual(3);
});

it('declares an owner dead within its lease and a second after it was killed, and not much earlier', {
  timeout: 120_000,
}, async () => {
  const leaseMs = 5_000;
  const server = await own({});
  const command = await raw(server);
  const store = { url: server.url, prefix: 'bnc', leaseMs };
  const beats = '{bnc}:o:["g","job:*","owned"]:beats';
  await startProcess({ store, role: 'own' }).ready();
  for (let round = 0; round < 6; round++) {
    const victim = startProcess({ store, role: 'own' });
    await victim.ready();
    await until(Math.random() * 3_000);
    await victim.kill();
    const killed = performance.now();
    while ((await command('HLEN', beats)) !== 1) {
      await until(5);
    }
    const took = performance.now() - killed;
    // Its last beat was up to a quarter of the lease before its death.
    expect(took).toBeGreaterThan(0.7 * leaseMs - 50);
    expect(took).toBeLessThan(leaseMs + 1_000 + 50);
  }
});
