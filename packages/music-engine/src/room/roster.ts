import { hash } from '../random.ts';
import { peopleSlots, programSlots } from '../signs/signatures.ts';

/**
 * Who has which signature in a room, those heard last at the end: 24 bits of a hash of the login, times 128, plus the
 * place.
 */
export type Roster = readonly number[];

const places = 128;

/** Gives someone their place in the roster: the one that they have, the next free one, or that of who has been away longest. */
export function enrol(
  roster: Roster,
  login: string,
  isProgram: boolean,
): { readonly roster: Roster; readonly place: number } {
  const name = hash(login.toLowerCase()) >>> 8;
  const [first, count] = isProgram ? [peopleSlots, programSlots] : [0, peopleSlots];
  const own = roster.filter((one) => one % places >= first && one % places < first + count);
  const taken = new Set(own.map((one) => one % places));
  const free = Array.from({ length: count }, (_, i) => first + i).find((place) => !taken.has(place));
  const known = own.find((one) => Math.floor(one / places) === name);
  const place = known === undefined ? (free ?? (own[0] ?? first) % places) : known % places;
  return { roster: [...roster.filter((one) => one % places !== place), name * places + place], place };
}
