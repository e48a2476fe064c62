import { setTimeout } from 'node:timers/promises';
import type { Sha256 } from '@bnc/contracts';
import type { EventBus } from '@bnc/event-bus';
import { clipKeyOf } from '../clips/clip-maker.ts';
import type { ClipRecords } from '../clips/clip-records.ts';
import type { Place } from './access.ts';
import type { ServerEvents } from './events.ts';
import { lower } from './names.ts';
import { roomWords } from './rooms.ts';
import type { Tables } from './tables.ts';

/** Phrases read at a time. */
const pageSize = 100;

/** Time in ms within which every server learns that a room was forgotten. */
const toldMs = 1_000;

/** What `forgetRoom` works with. */
export interface ForgetOptions {
  readonly bus: EventBus<ServerEvents>;
  readonly tables: Tables;
  readonly records: ClipRecords;
}

/**
 * Erases a repository everywhere: its names and privacy, its phrases, the clips that were made for no other room, its
 * events and its state. A phrase of a merged room may speak for several repositories: all phrases of that room go.
 */
export async function forgetRoom(
  { bus, tables, records }: ForgetOptions,
  asked: string,
  { key = '', channel }: Pick<Place, 'key' | 'channel'>,
): Promise<void> {
  const repository = await tables.named(lower(asked));
  const numbers = repository ? [String(repository.repositoryId)] : [];
  const names = repository ? await tables.namesOf(repository.repositoryId) : [];
  const channels = new Set([channel, ...names]);
  for (const one of new Set([key, ...numbers])) {
    const clips: Sha256[] = [];
    const forgetClip = (clip: Sha256): Promise<void> => records.forget(clip, ({ repoId }) => channels.has(repoId));
    for (let page = await tables.phrases(one, { limit: pageSize }); page.length > 0; ) {
      for (const { phrase } of page) {
        const clip = clipKeyOf(phrase.musicalParams);
        clips.push(clip);
        await forgetClip(clip);
      }
      const before = page.at(-1)?.phrase.phraseId ?? '';
      page = await tables.phrases(one, { limit: pageSize, before });
    }
    await bus.forget(one);
    await tables.forget(one);
    // What was rendered meanwhile; a render that ends later finds no phrase in the tables, and goes by itself.
    for (const clip of clips) await forgetClip(clip);
    // Its owner starts again with nothing.
    await bus.publish('room:forgotten', {}, { key: one });
  }
  for (const one of channels) {
    await bus.forget(one);
    if ((await bus.followers(roomWords, one)).length === 0) continue;
    // Servers with listeners look up what the room is now; then this event is erased too.
    await bus.publish('repository:changed', { repoId: asked }, { key: one });
    await setTimeout(toldMs);
    await bus.forget(one);
  }
}
