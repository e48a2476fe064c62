import type { Session } from './room.ts';
import { chosenIn } from './room-words.ts';
import { columns } from './terminal.ts';

/** Repositories in one response. */
const pageSize = 1000;

/** Characters that are shown of the title of what a room played last. */
const titleLength = 40;

/** What the help of the command says in addition. */
export const listHelp = `
A room is listed once a delivery or the operator has named it, or someone listens to it. Rooms with listeners come first,
then those that played last. LISTENERS counts those of the server that responds, LAST is what the newest phrase speaks for,
SETTINGS are those that were chosen. A repository that is heard in a merged room plays there.`;

/** A room as the server lists it. */
interface Listed {
  readonly name: string;
  readonly listeners: number;
  readonly settings: object;
  readonly newest?: { readonly title: string; readonly receivedAt: number; readonly startAt?: number };
  /** Of merged rooms. */
  readonly repositories?: readonly string[];
  /** Of repositories. */
  readonly isPrivate?: boolean;
  readonly isRemoved?: boolean;
  readonly room?: string;
  /** Of rooms with listeners that no delivery has named. */
  readonly isUnknown?: boolean;
}

/** Lists every room of a server. */
export async function listRooms({ operator, terminal }: Session): Promise<void> {
  const rooms: Listed[] = [];
  let next: unknown;
  do {
    const after = typeof next === 'string' ? `&after=${encodeURIComponent(next)}` : '';
    const page = await operator.request('GET', `/rooms?limit=${pageSize}${after}`);
    if (next === undefined) rooms.push(...((page.rooms ?? []) as readonly Listed[]));
    rooms.push(...((page.repositories ?? []) as readonly Listed[]));
    next = page.next;
  } while (next !== undefined);
  rooms.push(...(await unknownRooms(operator, rooms)));
  rooms.sort((one, other) => other.listeners - one.listeners || playedAt(other) - playedAt(one));
  const rows = rooms.map((one) => [
    one.name,
    String(one.listeners),
    one.newest ? new Date(playedAt(one)).toISOString().slice(0, 16).replace('T', ' ') : 'never',
    one.newest?.title.slice(0, titleLength) ?? '',
    wordsOf(one.settings),
    remarkOf(one),
  ]);
  terminal.result(
    { rooms },
    rows.length === 0
      ? 'There are no rooms: no delivery has named a repository yet.'
      : columns([['ROOM', 'LISTENERS', 'PLAYED (UTC)', 'LAST', 'SETTINGS', ''], ...rows]),
  );
}

/** Returns rooms with listeners that no delivery has named: their webhook may be missing. */
async function unknownRooms(operator: Session['operator'], known: readonly Listed[]): Promise<readonly Listed[]> {
  const { clients = [] } = (await operator.request('GET', '/health')) as {
    readonly clients?: readonly { readonly repoId: string }[];
  };
  const names = new Set(known.map(({ name }) => name.toLowerCase()));
  const listeners = new Map<string, number>();
  for (const { repoId } of clients) {
    if (!names.has(repoId.toLowerCase())) listeners.set(repoId, (listeners.get(repoId) ?? 0) + 1);
  }
  return [...listeners].map(([name, count]) => ({ name, listeners: count, settings: {}, isUnknown: true }));
}

function playedAt({ newest }: Listed): number {
  return newest?.startAt ?? newest?.receivedAt ?? 0;
}

function wordsOf(settings: object): string {
  const chosen = Object.entries(chosenIn(settings)).filter(([, words]) => words !== undefined);
  return chosen.map(([name, words]) => `${name} ${words}`).join(', ');
}

function remarkOf({ repositories, room, isPrivate = false, isRemoved = false, isUnknown = false }: Listed): string {
  if (repositories) return `merges ${repositories.join(', ')}`;
  if (isUnknown) return 'no delivery yet';
  const remarks = [...(isPrivate ? ['private'] : []), ...(isRemoved ? ['removed'] : [])];
  return [...remarks, ...(room === undefined ? [] : [`heard in ${room}`])].join(', ');
}
