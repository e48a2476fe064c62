import { describe, expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { type Fleet, sharedNow, startFleet } from './owners.ts';

function until(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** How long a key of a server that is gone waited for its next owner at most, in milliseconds. */
function longestWait({ servers }: Fleet, gone: number, since: number): number {
  const keys = new Set((servers[gone]?.told ?? []).flatMap((one) => (one.say === 'saw' ? [one.key] : [])));
  const waits = [...keys].map((key) => {
    const next = servers
      .flatMap(({ told }, server) => (server === gone ? [] : told))
      .flatMap((one) => (one.say === 'saw' && one.key === key && one.at > since ? [one.at - since] : []));
    return Math.min(...next);
  });
  return Math.max(...waits);
}

describe('owners of keys on several servers', () => {
  it('hand keys over as servers come and go under load, each event seen once and committed once', async () => {
    const fleet = await startFleet(3, 5_000);
    const joining = fleet.write(400, 200, 800);
    await fleet.join();
    await joining;
    const leavingUnderLoad = fleet.write(400, 200, 1_200);
    await until(400);
    const leaving = fleet.servers[0];
    leaving?.child.kill('SIGTERM');
    await eventually(() => expect(leaving?.child.exitCode).toBe(0));
    const written = await leavingUnderLoad;
    await fleet.check(written, 2);
    const told = fleet.servers.flatMap((server) => server.told);
    // No server was declared dead, nothing was refused, and nothing was seen twice.
    expect(told.filter(({ say }) => say === 'refused' || say === 'failed')).toEqual([]);
    expect(told.filter((one) => one.say === 'lost' && one.why === 'lost')).toEqual([]);
    expect(told.filter(({ say }) => say === 'saw')).toHaveLength(written);
    const shares = fleet.servers.map((server) => server.told.filter(({ say }) => say === 'saw').length);
    expect(Math.min(...shares)).toBeGreaterThan(0);
  });

  it('take over the keys of one that was killed within its lease and a second', async () => {
    const leaseMs = 1_000;
    const fleet = await startFleet(4, leaseMs);
    const writing = fleet.write(400, 200, 2_800);
    await until(700);
    const killed = sharedNow();
    await fleet.servers[1]?.kill();
    await fleet.check(await writing, 1);
    expect(longestWait(fleet, 1, killed)).toBeLessThan(leaseMs + 4_000);
  });

  it('double nothing when one is paused for two leases and wakes up', async () => {
    const leaseMs = 900;
    const fleet = await startFleet(4, leaseMs);
    const writing = fleet.write(400, 200, 3_600);
    await until(600);
    const paused = fleet.servers[2];
    paused?.child.kill('SIGSTOP');
    await until(2 * leaseMs);
    paused?.child.kill('SIGCONT');
    // The keys go to others, and some come back.
    await fleet.check(await writing, 2, paused && [paused]);
    await eventually(() =>
      expect(paused?.told.filter((one) => one.say === 'lost' && one.why === 'lost').length).toBeGreaterThan(10),
    );
    const last = Math.max(...(paused?.told ?? []).map((one) => (one.say === 'saw' ? one.n : 0)));
    // It works on under a new name.
    expect(last).toBeGreaterThan(720);
  });
});
