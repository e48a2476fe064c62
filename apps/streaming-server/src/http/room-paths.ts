import type { FastifyRequest } from 'fastify';
import type { Access, Place } from '../rooms/access.ts';
import { roomNameInvalid, roomNotFound } from './errors.ts';

/** The parts of a path that name a room. */
export interface RoomParams {
  readonly owner?: string;
  readonly name?: string;
  readonly room?: string;
}

/**
 * Returns the paths of a room's route: one with `owner/repo` as it stands, and one with a single segment for
 * `owner%2Frepo` and for merged rooms.
 */
export function roomPaths(before: string, after: string): readonly string[] {
  return [`${before}/:owner/:name${after}`, `${before}/:room${after}`];
}

/** Returns the name that a path asks for. */
export function askedRoom({ owner, name, room }: RoomParams): string {
  return room ?? `${owner}/${name}`;
}

/**
 * Finds the room of a name for someone who may hear it.
 * @throws {HttpError} `REPO_ID_INVALID` for a text that cannot name a room
 * @throws {HttpError} `REPO_NOT_FOUND` for a room that is unknown, or that the request may not have
 */
export async function enterRoom(access: Access, { visitor }: FastifyRequest, asked: string): Promise<Place> {
  if (!access.isRoomName(asked)) throw roomNameInvalid();
  const place = await access.find(asked);
  if (!visitor.mayHear(place)) throw roomNotFound();
  return place;
}
