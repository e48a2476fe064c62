import { BusError, type CommitEntry, type EventBus } from '@bnc/event-bus';
import type { MusicGenerated, ServerEvents } from './events.ts';
import type { RoomTopic, RoomWord } from './room-house.ts';

/** Events read at a time. */
const pageSize = 500;

/**
 * Stores a word of a room, what it settles and the state of the room in one step, again and again until the bus
 * responds; returns the id of its event. What is published is published once, even if the response is lost.
 * @throws {BusError} `BUS_RETURNED` when the room belongs to another server
 */
export function tellWord<Topic extends RoomTopic>({
  bus,
  key,
  channel,
  word: { of, settle, topic, payload, bed, state },
  insist,
}: {
  readonly bus: EventBus<ServerEvents>;
  readonly key: string;
  readonly channel: string;
  readonly word: RoomWord<Topic>;
  insist(work: () => Promise<string>): Promise<string>;
}): Promise<string> {
  const proof = of.fence === undefined ? {} : { fence: of.fence };
  const { phraseId } = payload as { readonly phraseId?: string };
  // Where nothing is settled with it, only its name keeps a phrase from being published twice.
  const dedupe = settle.length === 0 ? { dedupeId: `${topic}:${phraseId}` } : {};
  const entry = { topic, payload, key: channel, ...dedupe } as CommitEntry<'music:generated', MusicGenerated>;
  const publish = bed ? [entry, { topic: 'music:bed' as const, payload: bed, key: channel }] : [entry];
  let isUncertain = false;
  return insist(async () => {
    try {
      const [stored] = await bus.commit({ settle, publish, state: { key, value: state }, ...proof });
      return stored?.id ?? '';
    } catch (error) {
      const code = error instanceof BusError ? error.code : undefined;
      // The commit before was stored, and its response was lost.
      if (code === 'BUS_SETTLED' && isUncertain) return findEvent(bus, channel, topic, phraseId);
      isUncertain ||= code === 'BUS_UNAVAILABLE';
      if (code !== 'BUS_FENCED' && code !== 'BUS_SETTLED' && code !== 'BUS_CLOSED') throw error;
      throw new BusError('BUS_RETURNED', `room ${key} does not belong to this server any more`, { cause: error });
    }
  });
}

/** Finds the event of a topic that is about a phrase, or about none. */
async function findEvent(
  bus: EventBus<ServerEvents>,
  channel: string,
  topic: RoomTopic,
  phraseId: string | undefined,
): Promise<string> {
  let after: string | undefined;
  for (let more = true; more; ) {
    const page = await bus.read({ key: channel, limit: pageSize, ...(after !== undefined && { after }) });
    const found = page.events.find((event) => {
      const { phraseId: id } = event.payload as { readonly phraseId?: string };
      return event.topic === topic && id === phraseId;
    });
    if (found) return found.id;
    after = page.last;
    more = page.more;
  }
  throw new Error(`phrase ${phraseId} was published and is not in the log`);
}
