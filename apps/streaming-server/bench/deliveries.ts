import { setTimeout as wait } from 'node:timers/promises';
import type { GitHubDelivery } from '@bnc/contracts';
import { payloadOf } from '../test/payloads.ts';
import { deliveryOf } from '../test/room-stage.ts';
import { deliver } from '../test/server.ts';

let pushes = 0;

/** A push to a branch that exists: nothing that comes after it can belong to it, so it is told at once. */
export function pushOf(room: number): unknown {
  return payloadOf('push', `octo/room-${room}`, (json) => {
    const sha = (++pushes).toString(16).padStart(40, 'd');
    Object.assign(json, { before: 'c'.repeat(40), after: sha, created: false });
    json.head_commit = { ...(json.head_commit as object), id: sha };
    Object.assign(json.repository as object, { id: 10_000 + room });
  });
}

/** Sends signed deliveries to some rooms within a second; returns how long each took to be accepted, in ms. */
export async function sendAll(origin: string, first: number, rooms: number, count: number): Promise<readonly number[]> {
  const answers: number[] = [];
  await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      await wait((index / count) * 1000);
      const from = performance.now();
      const { body } = await deliver(origin, 'push', pushOf(first + (index % rooms)));
      if (body.status !== 'accepted') throw new Error(`${String(body.status)}: ${String(body.message)}`);
      answers.push(performance.now() - from);
    }),
  );
  return answers;
}

/** A delivery to a room, as large as the receiver makes it. */
export function deliveryIn(room: number, round: number): GitHubDelivery {
  return deliveryOf({
    deliveryId: `${String(room).padStart(8, '0')}-0000-4000-8000-${String(round).padStart(12, '0')}`,
    repoId: `octo/room-${room}`,
    repositoryId: 10_000 + room,
    title: 'Pushed 1 commit to main: Teach the cat to purr in three new keys',
    url: `https://github.com/octo/room-${room}/commit/${'e'.repeat(40)}`,
    subject: 'heads/main',
    branch: 'main',
    isDefaultBranch: true,
    language: 'TypeScript',
    same: { thing: `${room} ${round}`.padEnd(22, 'x'), state: '', withinMs: 600_000 },
    bodyId: `push ${String(room).padStart(16, '0')}${String(round).padStart(16, '0')}`,
    ties: {
      absorbs: ['created heads/main', `update to ${'e'.repeat(40)}`],
      joins: [`commit ${'e'.repeat(40)}`],
      waits: 'short',
    },
  });
}
