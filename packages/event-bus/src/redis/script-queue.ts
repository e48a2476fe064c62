import { createHash, randomUUID } from 'node:crypto';
import { BusError } from '../errors.ts';
import type { Answer } from './connection.ts';
import { ordered, type ScriptName, scripts } from './scripts.ts';

interface Job {
  readonly name: ScriptName;
  readonly rest: readonly string[];
  /** The number of keys, and the keys. */
  readonly keys: readonly string[];
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** What an ordered script returns when the one before it has not run yet. */
const tooEarly = 'TOO EARLY';

const shas = Object.fromEntries(
  Object.entries(scripts).map(([name, text]) => [name, createHash('sha1').update(text).digest('hex')]),
) as Readonly<Record<ScriptName, string>>;

/**
 * Sends scripts by their hashes, and keeps their order when Redis has forgotten them (`SCRIPT FLUSH`, a new server).
 * After a script that Redis does not know, the rest waits until everything that was sent has a reply; then all of it is
 * sent again, as full text. Another process may load a script between two that are on the way: so the scripts that
 * append events carry a ticket, and each runs only directly after the one before it.
 */
export class ScriptQueue {
  readonly #send: (args: readonly string[]) => Promise<Answer>;
  readonly #known = new Set<ScriptName>();
  /** Number of scripts without a reply so far. */
  #open = 0;
  /** Scripts that did not run, and scripts that wait for those. */
  #failed: Job[] = [];
  #waiting: Job[] = [];
  #writer = newWriter();
  #tickets = 0;

  constructor(send: (args: readonly string[]) => Promise<Answer>) {
    this.#send = send;
  }

  /** Name under which the tickets of this process are counted. */
  get writer(): string {
    return this.#writer;
  }

  /** Begins again on a new connection. */
  restart(): void {
    this.#known.clear();
    this.#writer = newWriter();
    this.#tickets = 0;
  }

  run(name: ScriptName, keys: readonly string[], args: readonly string[]): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const job: Job = { name, keys: [String(keys.length), ...keys], rest: args, resolve, reject };
      if (this.#failed.length > 0) {
        this.#waiting.push(job);
      } else {
        void this.#start(job);
      }
    });
  }

  async #start(job: Job): Promise<void> {
    const { name, keys, rest, resolve, reject } = job;
    const head = this.#known.has(name) ? ['EVALSHA', shas[name]] : ['EVAL', scripts[name]];
    const ticket = ordered.has(name) ? [this.#writer, String(++this.#tickets)] : [];
    this.#known.add(name);
    this.#open++;
    try {
      const answer = await this.#send([...head, ...keys, ...ticket, ...rest]);
      if (answer === tooEarly) {
        this.#failed.push(job);
      } else {
        resolve(answer);
      }
    } catch (error) {
      if (error instanceof BusError && error.message.includes('NOSCRIPT')) {
        this.#failed.push(job);
      } else {
        reject(error);
      }
    }
    this.#open--;
    if (this.#open === 0 && this.#failed.length > 0) {
      this.#startAgain();
    }
  }

  #startAgain(): void {
    const jobs = [...this.#failed, ...this.#waiting];
    this.#failed = [];
    this.#waiting = [];
    this.restart();
    for (const job of jobs) {
      void this.#start(job);
    }
  }
}

function newWriter(): string {
  return `writer:${randomUUID().slice(0, 13)}`;
}
