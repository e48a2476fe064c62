import type { EventBus } from '@bnc/event-bus';
import { GitHubWebhookReceiver } from '@bnc/github-webhooks';
import { githubWebhooks } from '@bnc/github-webhooks/fastify';
import type { FastifyInstance } from 'fastify';
import type { ServerEvents } from '../rooms/events.ts';
import { learn } from '../rooms/learn.ts';
import type { MergedRooms } from '../rooms/merged-rooms.ts';
import type { Tables } from '../rooms/tables.ts';
import type { Journal } from '../watch/journal.ts';

/**
 * `POST /webhooks/github`: takes the news in a delivery, stores the delivery for the owner of its room, then accepts
 * it. Returns the receiver, for its counters.
 */
export async function webhookRoute(
  app: FastifyInstance,
  {
    secrets,
    journal,
    ...house
  }: {
    secrets: readonly string[];
    bus: EventBus<ServerEvents>;
    tables: Tables;
    merged: MergedRooms;
    journal: Journal;
  },
): Promise<GitHubWebhookReceiver> {
  const { bus, tables, merged } = house;
  const receiver = new GitHubWebhookReceiver({
    secrets,
    nameOf: async (repositoryId) => (await tables.repository(repositoryId))?.repoId,
    publish: async (delivery, { dedupeId }) => {
      const { deliveryId, event } = delivery;
      journal.received(deliveryId, event);
      await learn(house, delivery);
      const stored = await bus.publish(`webhook:github:${event}`, delivery, { key: merged.keyOf(delivery), dedupeId });
      journal.stored(deliveryId, stored);
      return stored;
    },
    onFact: (fact) => learn(house, { ...fact, isRemoved: fact.kind === 'uninstalled' || fact.kind === 'deleted' }),
    onPing: async ({ repoId, repositoryId, isPrivate, receivedAt }) => {
      if (repoId === undefined || repositoryId === undefined || isPrivate === undefined) return;
      // An old ping may arrive again: it counts only while nothing is known of the repository.
      const known = await tables.repository(repositoryId);
      if (!known) await learn(house, { repoId, repositoryId, isPrivate, occurredAt: 0 });
      await bus.publish('webhook:ping', { repoId, receivedAt }, { key: merged.channelOf(repoId) });
    },
  });
  await app.register(githubWebhooks, { receiver });
  return receiver;
}
