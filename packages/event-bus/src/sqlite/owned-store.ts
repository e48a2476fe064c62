import type { OwnedStore, Unfenced } from '../local-owners.ts';
import type { Reference } from '../transport.ts';
import type { Buried } from './dead-letters.ts';
import type { FileThread } from './thread.ts';

/** What the owners of one group need from the file. */
export function ownedStore(thread: FileThread, group: number): OwnedStore {
  let left: Reference[] | undefined;
  return {
    // First come the events that were read but not settled when the file was last open.
    pull: async (count) => {
      left ??= [...(await thread.ask<readonly Reference[]>({ op: 'waiting', group }))];
      return left.length > 0
        ? left.splice(0, count)
        : found(() => thread.ask<readonly Reference[] | null>({ op: 'pull', group, count }));
    },
    start: (wanted) => thread.ask<readonly (Unfenced | undefined)[]>({ op: 'start', group, wanted }),
    giveBack: (places) => thread.ask<void>({ op: 'giveBack', group, places }),
    done: (seq) => thread.ask<boolean>({ op: 'done', group, consumer: 0, seq }),
    dead: async (seq, reason, notice) =>
      (await thread.ask<Buried>({ op: 'dead', group, consumer: 0, seq, reason, notice })).own,
  };
}

/** Repeats a search in the log until it finds something or reaches the end. Other requests run in between. */
export async function found<T>(search: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const result = await search();
    if (result !== null) {
      return result;
    }
  }
}
