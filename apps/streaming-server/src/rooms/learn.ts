import type { EventBus } from '@bnc/event-bus';
import type { ServerEvents } from './events.ts';
import type { MergedRooms } from './merged-rooms.ts';
import type { RepositoryNews, Tables } from './tables.ts';

/**
 * Takes news of a repository, and has every server look up the rooms that it changes. This settles who may listen, and
 * under which name, before anything is played.
 */
export async function learn(
  { bus, tables, merged }: { bus: EventBus<ServerEvents>; tables: Tables; merged: MergedRooms },
  news: RepositoryNews,
): Promise<void> {
  const { isClosed, movedFrom } = await tables.learn(news);
  const names = [...(isClosed ? [news.repoId] : []), ...(movedFrom === undefined ? [] : [movedFrom])];
  for (const channel of new Set(names.map((name) => merged.channelOf(name)))) {
    await bus.publish('repository:changed', { repoId: news.repoId }, { key: channel });
  }
}
