import { expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { startFleet } from './owners.ts';

function until(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

it('lose and double nothing while servers are killed, paused and sent home at 800 events a second', {
  timeout: 120_000,
}, async () => {
  const leaseMs = 600;
  const fleet = await startFleet(4, leaseMs);
  const writing = fleet.write(800, 150, 60_000);
  for (let round = 0; round < 18; round++) {
    await until(1_500 + Math.random() * 1_000);
    const alive = fleet.servers.filter(({ child }) => child.exitCode === null && child.signalCode === null);
    const victim = alive[Math.floor(Math.random() * alive.length)];
    if (round % 3 === 2) {
      victim?.child.kill('SIGSTOP');
      await until(2 * leaseMs);
      victim?.child.kill('SIGCONT');
    } else {
      await fleet.join();
      if (round % 3 === 0) {
        await victim?.kill();
      } else {
        victim?.child.kill('SIGTERM');
        await eventually(() => expect(victim?.child.exitCode).toBe(0));
      }
    }
  }
  // Each round moves a key twice at most.
  await fleet.check(await writing, 36);
  const refused = fleet.servers.flatMap(({ told }) => told.filter(({ say }) => say === 'refused'));
  expect(refused.every((one) => one.say === 'refused' && one.code === 'BUS_FENCED')).toBe(true);
});
