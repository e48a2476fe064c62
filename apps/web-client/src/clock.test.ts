import { describe, expect, test } from 'vitest';
import { ServerClock } from './clock.ts';

/** A machine whose own clock runs at some rate against the true time, and whose wall clock is off. */
class Machine {
  /** True time in ms: the server's. */
  trueMs = 1_800_000_000_000;
  localMs = 5000;
  wallOffsetMs: number;
  /** Time on the way there and back, in ms. */
  outMs = 5;
  backMs = 5;
  asked = 0;
  readonly #rate: number;
  readonly clock: ServerClock;

  constructor({ rate = 0, wallOffsetMs = 0 }: { rate?: number; wallOffsetMs?: number } = {}) {
    this.#rate = rate;
    this.wallOffsetMs = wallOffsetMs;
    this.clock = new ServerClock({
      local: () => this.localMs,
      wall: () => this.trueMs + this.wallOffsetMs,
      ask: async () => {
        this.asked++;
        this.pass(this.outMs);
        const { trueMs } = this;
        this.pass(this.backMs);
        return trueMs;
      },
    });
  }

  pass(ms: number): void {
    this.trueMs += ms;
    this.localMs += ms * (1 + this.#rate);
  }

  /** The machine sleeps: its own clock stands still. */
  sleep(ms: number): void {
    this.trueMs += ms;
  }

  get errorMs(): number {
    return this.clock.now() - this.trueMs;
  }

  /** Lets time pass as a page does: it looks after the clock once a second and measures when that is due. */
  async live(ms: number): Promise<number> {
    let worst = 0;
    for (let passed = 0; passed < ms; passed += 1000) {
      this.pass(1000);
      this.clock.tick();
      worst = Math.max(worst, Math.abs(this.errorMs));
      if (this.clock.isDue) await this.clock.measure(new AbortController().signal);
    }
    return worst;
  }
}

const signal = new AbortController().signal;

describe("the server's time", () => {
  test.each([-5000, 5000])('is known on a machine whose clock is %d ms off', async (wallOffsetMs) => {
    const machine = new Machine({ wallOffsetMs });
    expect(machine.clock.isSure).toBe(false);
    machine.clock.hint(machine.trueMs);
    expect(Math.abs(machine.errorMs)).toBeLessThan(1);
    await machine.clock.measure(signal);
    expect(Math.abs(machine.errorMs)).toBeLessThan(1);
    expect(machine.clock.isSure).toBe(true);
    expect(machine.clock.errorMs).toBeLessThan(6);
  });

  test.each([-0.001, -0.0002, 0.00005, 0.0002, 0.001])(
    'is followed on a machine whose clock runs %d fast, all day',
    async (rate) => {
      const machine = new Machine({ rate });
      await machine.live(120_000);
      expect(await machine.live(3_600_000)).toBeLessThan(4);
      // A phrase that starts in ten seconds starts in time too.
      const at = machine.clock.localOf(machine.trueMs + 10_000);
      machine.pass(10_000);
      expect(Math.abs(at - machine.localMs)).toBeLessThan(5);
    },
  );

  test('is taken from the quickest answer: a slow one in one direction does no harm', async () => {
    const machine = new Machine();
    await machine.clock.measure(signal);
    machine.backMs = 400;
    expect(await machine.live(60_000)).toBeLessThan(10);
    expect(machine.clock.errorMs).toBeLessThan(60);
  });

  test.each([20_000, 3_600_000])(
    'is not sure after %d ms of sleep, and right again once it has been asked',
    async (ms) => {
      const machine = new Machine();
      await machine.live(90_000);
      machine.sleep(ms);
      expect(machine.clock.tick()).toBe(true);
      expect(machine.clock.isSure).toBe(false);
      // The wall clock says how long it slept, until the server does.
      expect(Math.abs(machine.errorMs)).toBeLessThan(20);
      await machine.clock.measure(signal);
      expect(machine.clock.isSure).toBe(true);
      expect(Math.abs(machine.errorMs)).toBeLessThan(1);
    },
  );

  test('is asked for again when a message shows that the estimate is behind, not when a message is late', async () => {
    const machine = new Machine();
    await machine.clock.measure(signal);
    expect(machine.clock.hint(machine.trueMs)).toBe(false);
    expect(machine.clock.hint(machine.trueMs - 500)).toBe(false);
    expect(machine.clock.hint(machine.trueMs + 100)).toBe(true);
    expect(machine.clock.hint(machine.trueMs - 20_000)).toBe(true);
  });

  test('is asked for once where several parts of the page want it', async () => {
    const machine = new Machine();
    await Promise.all([machine.clock.measure(signal), machine.clock.measure(signal)]);
    expect(machine.asked).toBe(5);
    await machine.clock.measure(signal);
    expect(machine.asked).toBe(8);
  });
});
