import type { GitHubDelivery } from '@bnc/contracts';
import type { EventBus } from '@bnc/event-bus';
import type { AudioRendered, MusicGenerated, ServerEvents } from './events.ts';
import type { MergedRooms } from './merged-rooms.ts';
import type { RepositoryNews, Tables } from './tables.ts';

/** What releases without tables wrote: a phrase had the id of its event, and `audio:rendered` held the whole phrase. */
type FormerPhrase = Omit<MusicGenerated, 'phraseId' | 'isHeard'> & Partial<MusicGenerated>;
type Rendered = Pick<AudioRendered, 'phraseId' | 'startAt'> & { readonly phrase?: FormerPhrase };

/** Most deliveries at the end of the log that are published again, if no phrase speaks for them. */
const maxUntold = 1_000;

/**
 * Fills new tables from the log: which repositories are private, and what each room played. Returns what is left to do
 * once rooms have owners. Does nothing if the tables are filled already.
 */
export async function fillTables(
  bus: EventBus<ServerEvents>,
  tables: Tables,
  merged: MergedRooms,
): Promise<() => Promise<void>> {
  if (await tables.isFilled()) return async () => {};
  const untold = await readLog(bus, tables, merged);
  return async () => {
    for (const delivery of untold) {
      const dedupeId = `filled:${delivery.deliveryId}`;
      await bus.publish(`webhook:github:${delivery.event}`, delivery, { key: merged.keyOf(delivery), dedupeId });
    }
    await tables.setFilled();
  };
}

/** Fills the tables; returns the deliveries that a release without rooms accepted and that no phrase speaks for. */
async function readLog(
  bus: EventBus<ServerEvents>,
  tables: Tables,
  merged: MergedRooms,
): Promise<readonly GitHubDelivery[]> {
  const told = new Set<string>();
  /** Rooms by phrases. */
  const rooms = new Map<string, string>();
  let untold: GitHubDelivery[] = [];
  let after: string | undefined;
  for (let more = true; more; ) {
    const page = await bus.read(after, { limit: 1000 });
    for (const { id, key, topic, payload } of page.events) {
      if (topic.startsWith('webhook:github:')) {
        await tables.learn(payload as GitHubDelivery);
        // A delivery with a key has an owner, which receives it anyway.
        if (key === undefined) untold.push(payload as GitHubDelivery);
        if (untold.length > 2 * maxUntold) untold = untold.slice(-maxUntold);
      } else if (topic === 'repository:changed' && 'repositoryId' in payload) {
        await tables.learn(payload as unknown as RepositoryNews);
      } else if (topic === 'music:generated') {
        const phrase = { phraseId: id, isHeard: false, ...(payload as FormerPhrase) };
        for (const deliveryId of phrase.deliveryIds) told.add(deliveryId);
        const room = merged.keyOf(phrase);
        rooms.set(phrase.phraseId, room);
        await tables.keep(room, { eventId: id, phrase });
      } else if (topic === 'audio:rendered') {
        const { phraseId, startAt } = payload as Rendered;
        const room = rooms.get(phraseId);
        if (room !== undefined) await tables.start(room, phraseId, { messageId: id, startAt });
      }
    }
    after = page.last;
    more = page.more;
  }
  return untold.slice(-maxUntold).filter(({ deliveryId }) => !told.has(deliveryId));
}
