import { randomUUID } from 'node:crypto';
import { startTimer, type Timer } from '../timer.ts';
import type { Consumer, Delivery, Entry, GroupSpec } from '../transport.ts';
import type { Answer, RedisConnection } from './connection.ts';
import { parseEntry } from './entry.ts';
import type { ScriptName } from './scripts.ts';
import { beatMs, RedisWatch } from './watch.ts';

/** Settings of a consumer of a group. */
export interface RedisGroupOptions {
  readonly connection: RedisConnection;
  readonly keys: readonly string[];
  readonly groupsKey: string;
  readonly basePrefix: string;
  readonly leaseMs: number;
  readonly groupTtlMs: number;
  readonly maxDeadLetters: number;
  readonly epoch: () => string;
  /** Called when a dead letter was dropped. */
  readonly onDropped: (id: string) => void;
  /** Called when Redis had lost the group, with the number of its events that are lost. */
  readonly onGone: (group: string, lost: number) => void;
  /** Called when history was cut, with the number of events that the group had not read. */
  readonly onCut: (group: string, lost: number) => void;
}

/** How long an idle key stays with its consumer, in milliseconds. */
const keyIdleMs = 60_000;
/** How often idle keys are looked for and the use of the group is noted, in milliseconds. */
const noteMs = 10_000;

interface Held extends Delivery {
  /** Id of the entry in the stream. */
  readonly entry: string;
  readonly consumer: string;
}

interface Finished {
  readonly delivery: Held;
  readonly resolve: (own: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** One consumer of a group in Redis, with its heartbeat. */
export class RedisConsumer implements Consumer {
  readonly #options: RedisGroupOptions;
  readonly #spec: GroupSpec;
  readonly #name: string;
  readonly #wake: () => void;
  readonly #onLeave: () => void;
  #me = '';
  /** Deliveries that are handed out and not settled, by the id of their entry. */
  readonly #held = new Map<string, Held>();
  readonly #watch: RedisWatch;
  #finished: Finished[] = [];
  #unsure = false;
  /** Epoch and place up to which this consumer knows the log, for a group that Redis has lost with its numbers. */
  #known = '0';
  #timer: ReturnType<typeof setInterval> | undefined;
  #beating = false;
  /** Checks between two beats whether another consumer is dead. */
  #watching: ReturnType<typeof setTimeout> | undefined;
  /** When idle keys were last forgotten and the group's use was last noted. */
  #noted = Number.NEGATIVE_INFINITY;
  #waking: Timer | undefined;
  #wakeAt = Number.POSITIVE_INFINITY;
  #isStopped = false;

  private constructor(spec: GroupSpec, options: RedisGroupOptions, wake: () => void, onLeave: () => void) {
    this.#onLeave = onLeave;
    this.#spec = spec;
    this.#options = options;
    this.#wake = wake;
    this.#watch = new RedisWatch(options.leaseMs);
    this.#name = JSON.stringify([spec.group, spec.pattern]);
  }

  static async join(
    spec: GroupSpec,
    options: RedisGroupOptions,
    wake: () => void,
    onLeave: () => void,
  ): Promise<RedisConsumer> {
    const consumer = new RedisConsumer(spec, options, wake, onLeave);
    await consumer.#join(String(spec.from));
    consumer.#timer = setInterval(() => void consumer.#beat(), beatMs(options.leaseMs));
    void consumer.#beat();
    return consumer;
  }

  async take(count: number, first: 'retries' | 'others'): Promise<readonly Delivery[]> {
    const { pattern } = this.#spec;
    if (this.#unsure) await this.#findLost();
    for (;;) {
      const answer = await this.#sure('take', [String(count), pattern, first, this.#known]);
      const [more, rows, dueIn, gone, cut] = answer as readonly [
        number,
        readonly (readonly [string, number, readonly string[]])[],
        number | null | undefined,
        number | null | undefined,
        number | null | undefined,
      ];
      if (typeof gone === 'number') this.#options.onGone(this.#spec.group, gone);
      if (typeof cut === 'number') this.#options.onCut(this.#spec.group, cut);
      if (more === -1) {
        await this.#rejoin();
        continue;
      }
      if (rows.length === 0 && more === 1) continue;
      // A group that was made again reads again what is still in hand here.
      const fresh = rows.filter(([id]) => !this.#held.has(id));
      const deliveries = fresh.map(([id, attempt, fields]): Held => {
        const event = parseEntry(id, fields);
        return { event, epoch: this.#options.epoch(), attempt, entry: id, consumer: this.#me };
      });
      const last = deliveries.at(-1);
      if (last) this.#known = `${last.epoch}:${last.event.seq}`;
      for (const delivery of deliveries) this.#held.set(delivery.entry, delivery);
      // What is due now waits for a free place.
      if (typeof dueIn === 'number' && dueIn > 0) this.#wakeIn(dueIn);
      return deliveries;
    }
  }

  async later(delivery: Delivery, ms: number, isUncounted: boolean): Promise<boolean> {
    const own = await this.#for(delivery as Held, 'later', [String(ms), isUncounted ? '1' : '0']);
    this.#release(delivery as Held);
    if (own === 1) this.#wakeIn(ms);
    return own === 1;
  }

  done(delivery: Delivery): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#finished.push({ delivery: delivery as Held, resolve, reject });
      // One message acknowledges everything that ends in one turn of the event loop.
      if (this.#finished.length === 1) queueMicrotask(() => this.#finish());
    });
  }

  async dead(delivery: Delivery, reason: string, notice: Entry | undefined): Promise<boolean> {
    const report = notice ? [String(notice.publishedAt), notice.payload as string] : ['0', ''];
    const answer = await this.#for(delivery as Held, 'dead', [reason, String(this.#options.maxDeadLetters), ...report]);
    this.#release(delivery as Held);
    if (typeof answer === 'string') this.#options.onDropped(answer);
    return answer !== 0;
  }

  async leave(unfinished: readonly Delivery[]): Promise<void> {
    this.stop();
    this.#onLeave();
    const own = (unfinished as readonly Held[]).filter(({ consumer }) => consumer === this.#me);
    await this.#script(
      'leave',
      own.map(({ entry }) => entry),
    );
  }

  /** Ends the heartbeat. */
  stop(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#watching);
    this.#waking?.stop();
    this.#isStopped = true;
  }

  wake(): void {
    this.#wake();
  }

  /** Wakes the subscription when a retry is due, which may be one of another consumer. */
  #wakeIn(ms: number): void {
    const at = performance.now() + ms;
    if (this.#isStopped || at >= this.#wakeAt) return;
    this.#waking?.stop();
    this.#wakeAt = at;
    this.#waking = startTimer(ms + 1, () => {
      this.#wakeAt = Number.POSITIVE_INFINITY;
      this.#wake();
    });
  }

  #finish(): void {
    const batches = Map.groupBy(this.#finished.splice(0), ({ delivery }) => delivery.consumer);
    for (const [consumer, batch] of batches) {
      const ids = batch.map(({ delivery }) => delivery.entry);
      this.#script('done', ids, consumer).then(
        (answer) => {
          for (const [place, { resolve }] of batch.entries()) {
            resolve((answer as readonly number[])[place] === 1);
          }
          // After the replies that came together with this one: they may name these once more, see `take`.
          setImmediate(() => {
            for (const { delivery } of batch) this.#release(delivery);
          });
        },
        (error: unknown) => {
          for (const { reject } of batch) reject(error);
        },
      );
    }
  }

  #release(delivery: Held): void {
    if (this.#held.get(delivery.entry) === delivery) this.#held.delete(delivery.entry);
  }

  #for(delivery: Held, name: 'later' | 'dead', args: readonly string[]): Promise<Answer> {
    return this.#script(name, [delivery.entry, ...args], delivery.consumer);
  }

  #script(name: ScriptName, args: readonly string[], consumer: string = this.#me): Promise<Answer> {
    const { connection, keys, basePrefix } = this.#options;
    return connection.script(name, keys, [this.#name, `${basePrefix}${this.#name}`, consumer, ...args]);
  }

  /** Runs a script that hands events out. If no reply comes, the next `take` must look for what was handed out. */
  async #sure(name: 'take', args: readonly string[]): Promise<Answer> {
    try {
      return await this.#script(name, args);
    } catch (error) {
      this.#unsure = true;
      throw error;
    }
  }

  async #join(from: string): Promise<void> {
    this.#me = randomUUID();
    this.#held.clear();
    this.#watch.clear();
    await this.#script('join', [from, this.#options.groupsKey]);
  }

  /** Joins again under a new name, after others took over, or after Redis lost the group. */
  async #rejoin(): Promise<void> {
    this.#unsure = false;
    await this.#join(this.#known);
  }

  async #findLost(): Promise<void> {
    await this.#script('adopt', [this.#me, '', ...this.#held.keys()]);
    this.#unsure = false;
  }

  async #beat(): Promise<void> {
    if (this.#beating || this.#isStopped) return;
    this.#beating = true;
    try {
      const isNoting = performance.now() - this.#noted >= Math.min(noteMs, this.#options.groupTtlMs / 4);
      if (isNoting) this.#noted = performance.now();
      const answer = (await this.#script('beat', [isNoting ? String(keyIdleMs) : ''])) as
        | readonly [readonly string[], number]
        | null;
      if (answer) await this.#adopt(answer[0]);
      else await this.#rejoin();
      // Others make entries ready for the consumer that has their key, which may have looked before.
      if (!answer || answer[1] > 0 || this.#unsure) this.#wake();
      this.#watchNext();
    } catch {
      // The next beat tries again. Commands of the bus itself report a lost connection.
    } finally {
      this.#beating = false;
    }
  }

  /** Looks before the next beat at a consumer that may be dead by then. */
  #watchNext(): void {
    clearTimeout(this.#watching);
    const { dueIn } = this.#watch;
    if (dueIn < beatMs(this.#options.leaseMs) && !this.#isStopped) {
      this.#watching = setTimeout(() => void this.#beat(), Math.max(0, dueIn) + 1);
    }
  }

  /** Takes over from consumers whose heartbeat has stood still for a lease. */
  async #adopt(answer: readonly string[]): Promise<void> {
    for (const [consumer, beats] of this.#watch.look(answer, this.#me)) {
      while ((await this.#script('adopt', [consumer, beats])) === 1);
      this.#wake();
    }
  }
}
