import { setTimeout } from 'node:timers/promises';
import { BusError } from '@bnc/event-bus';

/** Time in ms after which work that could not reach the store is tried again. */
const retryMs = 250;

/** Codes of temporary failures. */
const storeTroubles: ReadonlySet<string> = new Set(['BUS_UNAVAILABLE', 'BUS_OVERLOADED', 'BUS_STORAGE_FULL']);

/**
 * Runs work that needs the bus or the tables, again and again until they respond. Throws a `TypeError`, and any other
 * error of the bus, at once.
 * @param isOver - tells whether to give up instead of waiting
 * @param onTrouble - called with the first failure
 */
export async function insist<T>(
  work: () => Promise<T>,
  isOver: () => boolean,
  onTrouble: (error: unknown) => void,
): Promise<T> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await work();
    } catch (error) {
      const isFinal = error instanceof BusError ? !storeTroubles.has(error.code) : error instanceof TypeError;
      if (isFinal || isOver()) throw error;
      if (isFirst) onTrouble(error);
    }
    await setTimeout(retryMs);
  }
}
