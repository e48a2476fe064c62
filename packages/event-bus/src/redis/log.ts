import { randomUUID } from 'node:crypto';
import type { BusError } from '../errors.ts';
import type { LogEnd } from '../transport.ts';
import type { Answer, RedisConnection } from './connection.ts';
import type { ScriptName } from './scripts.ts';

/** Lasting problems of a server. */
export type Warnings = readonly { readonly code: BusError['code']; readonly message: string }[];

/** The log of one bus in Redis: its keys, its epoch, and what is known about the server. */
export class RedisLog {
  readonly connection: RedisConnection;
  /** First part of every key. */
  readonly prefix: string;
  /** Keys of the entries, of epoch and counter, and of the dead letters. */
  readonly keys: readonly [log: string, meta: string, dead: string];
  /** Called when a new log has started. */
  onRestart: (epoch: string) => void = () => {};
  #epoch = '';
  /** Highest place known in this epoch. */
  #highest = 0;
  #warnings: Warnings = [];
  #checking: Promise<void> | undefined;
  #cameBack = Promise.withResolvers<void>();

  constructor(connection: RedisConnection, prefix: string) {
    this.connection = connection;
    this.prefix = `{${prefix}}:`;
    this.keys = [`${this.prefix}log`, `${this.prefix}meta`, `${this.prefix}dead`];
    connection.onReady(() => {
      this.#checking = this.check()
        .then(() => {})
        .catch(() => {})
        .finally(() => {
          this.#checking = undefined;
        });
      this.#cameBack.resolve();
      this.#cameBack = Promise.withResolvers();
    });
  }

  get epoch(): string {
    return this.#epoch;
  }

  get warnings(): Warnings {
    return this.#warnings;
  }

  /** Set while the bus finds out which data a server that came back still has. */
  get checking(): Promise<void> | undefined {
    return this.#checking;
  }

  /** Resolves when the connection comes back the next time. */
  get cameBack(): Promise<void> {
    return this.#cameBack.promise;
  }

  /** Notes a place of the log. */
  know(epoch: string, place: number): void {
    if (epoch === this.#epoch) this.#highest = Math.max(this.#highest, place);
    else void this.check().catch(() => {});
  }

  script(name: ScriptName, args: readonly string[]): Promise<Answer> {
    return this.connection.script(name, this.keys, args);
  }

  /** Reads the epoch and the end of the log, and the warnings about this server. */
  async check(): Promise<LogEnd> {
    const args = [randomUUID().slice(0, 8), String(this.#highest), this.#epoch];
    const [epoch, last] = (await this.script('check', args)) as readonly [string, number];
    const isNew = this.#epoch !== '' && epoch !== this.#epoch;
    this.#highest = isNew ? last : Math.max(this.#highest, last);
    this.#epoch = epoch;
    if (isNew) this.onRestart(epoch);
    this.#warnings = await this.#inspect();
    return { epoch, last };
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

  async #inspect(): Promise<Warnings> {
    // A user without the right to call INFO gets no warnings.
    const info = String(await this.connection.command(['INFO']).catch(() => ''));
    const value = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
    const { where } = this.connection;
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
}
