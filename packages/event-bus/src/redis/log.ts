import { randomUUID } from 'node:crypto';
import type { BusError } from '../errors.ts';
import type { LogEnd } from '../transport.ts';
import { checkServer } from './access.ts';
import { type Answer, RedisConnection, type RedisLines, type Send } from './connection.ts';
import { type ScriptName, scripts } from './scripts.ts';

/** Lasting problems of a server. */
export type Warnings = readonly { readonly code: BusError['code']; readonly message: string }[];

/** The log of one bus in Redis: its keys, its epoch, and what is known about the server. */
export class RedisLog {
  /** First part of every key. */
  readonly prefix: string;
  /** Keys of the entries, of epoch and counter, and of the dead letters. */
  readonly keys: readonly [log: string, meta: string, dead: string];
  /** Called when a new log has started. */
  onRestart: (epoch: string) => void = () => {};
  #connection: RedisConnection | undefined;
  #epoch = '';
  /** Epoch that `onRestart` was called with. */
  #reported = '';
  /** Highest place known in this epoch. */
  #highest = 0;
  #warnings: Warnings = [];
  #hasFormerIds = false;
  #cameBack = Promise.withResolvers<void>();

  private constructor(prefix: string) {
    this.prefix = `{${prefix}}:`;
    this.keys = [`${this.prefix}log`, `${this.prefix}meta`, `${this.prefix}dead`];
  }

  /** Connects to the log. When a server comes back, finds out which data it still has before anything else is sent. */
  static async open(lines: RedisLines, prefix: string): Promise<RedisLog> {
    const log = new RedisLog(prefix);
    let isChecked = false;
    log.#connection = await RedisConnection.open(lines, {
      greet: async (send, former) => {
        if (!isChecked) {
          await checkServer(send, lines.address.where, log.prefix);
          isChecked = true;
        }
        await log.#check((args) => send(['EVAL', scripts.check, '3', ...log.keys, ...args]), former);
        log.#warnings = await inspect(send, lines.address.where);
      },
      onReady: () => {
        log.#reportRestart();
        log.#cameBack.resolve();
        log.#cameBack = Promise.withResolvers();
      },
    });
    log.#reported = log.#epoch;
    return log;
  }

  get connection(): RedisConnection {
    if (!this.#connection) {
      throw new TypeError('the log is not open yet');
    }
    return this.#connection;
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** Whether there are dedupe ids that an earlier release stored. */
  get hasFormerIds(): boolean {
    return this.#hasFormerIds;
  }

  get warnings(): Warnings {
    return this.#warnings;
  }

  /** Resolves when the connection comes back the next time. */
  get cameBack(): Promise<void> {
    return this.#cameBack.promise;
  }

  /** Notes a place of the log, or checks the log if the place belongs to another epoch. */
  know(epoch: string, place: number): void {
    if (epoch === this.#epoch) this.#highest = Math.max(this.#highest, place);
    else void this.check().catch(() => {});
  }

  script(name: ScriptName, args: readonly string[]): Promise<Answer> {
    return this.connection.script(name, this.keys, args);
  }

  /** Reads the epoch and the end of the log. */
  async check(): Promise<LogEnd> {
    const end = await this.#check((args) => this.script('check', args), '');
    this.#reportRestart();
    return end;
  }

  /** Reads the end of the log, before anything that this process publishes from now on. */
  async end(): Promise<LogEnd> {
    const [epoch, last] = (await this.connection.command(['HMGET', this.keys[1], 'epoch', 'n'])) as string[];
    return epoch === this.#epoch ? { epoch, last: Number(last) } : this.check();
  }

  /** Returns the id of this run of the server, which changes at a restart; empty when the user may not read it. */
  async run(): Promise<string> {
    const info = await this.connection.command(['INFO', 'server']).catch((error: BusError) => {
      if (error.code === 'BUS_REFUSED') return '';
      throw error;
    });
    return /^run_id:(\w+)/m.exec(String(info))?.[1] ?? '';
  }

  /**
   * Checks the log, and ends the writer of a connection that is gone: batches that are still on their way must not be
   * stored any more.
   */
  async #check(run: Send, former: string): Promise<LogEnd> {
    const args = [randomUUID().slice(0, 8), String(this.#highest), this.#epoch, former];
    const [epoch, last, formerIds] = (await run(args)) as readonly [string, number, number];
    this.#hasFormerIds = formerIds === 1;
    this.#highest = this.#epoch !== '' && epoch !== this.#epoch ? last : Math.max(this.#highest, last);
    this.#epoch = epoch;
    return { epoch, last };
  }

  #reportRestart(): void {
    if (this.#reported !== this.#epoch) {
      this.#reported = this.#epoch;
      this.onRestart(this.#epoch);
    }
  }
}

async function inspect(send: Send, where: string): Promise<Warnings> {
  // A user without the right to call INFO gets no warnings.
  const info = String(await send(['INFO']).catch(() => ''));
  const value = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const warnings: { code: BusError['code']; message: string }[] = [];
  if (value('aof_enabled') === '0') {
    warnings.push({
      code: 'BUS_NOT_DURABLE',
      message: `${where}: Redis has no append-only file: a crash of Redis loses stored events; set appendonly yes`,
    });
  }
  const policy = value('maxmemory_policy');
  if (policy !== '' && policy !== 'noeviction' && value('maxmemory') !== '0') {
    warnings.push({
      code: 'BUS_MAY_EVICT',
      message: `${where}: Redis may evict keys when its memory is full (${policy}); set maxmemory-policy noeviction`,
    });
  }
  return warnings;
}
