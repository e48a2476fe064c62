import { hash } from '../random.ts';
import { peopleSlots, programSlots } from '../signs/signatures.ts';

/** Who has which signature in a room: a hash of the login and a place, those heard last at the end. */
export type Roster = readonly (readonly [login: number, place: number])[];

/** Gives someone their place in the roster: the one that they have, the next free one, or that of who has been away longest. */
export function enrol(
  roster: Roster,
  login: string,
  isProgram: boolean,
): { readonly roster: Roster; readonly place: number } {
  const name = hash(login.toLowerCase());
  const [first, count] = isProgram ? [peopleSlots, programSlots] : [0, peopleSlots];
  const own = roster.filter(([, place]) => place >= first && place < first + count);
  const taken = new Set(own.map(([, place]) => place));
  const free = Array.from({ length: count }, (_, i) => first + i).find((place) => !taken.has(place));
  const place = own.find(([known]) => known === name)?.[1] ?? free ?? own[0]?.[1] ?? first;
  return { roster: [...roster.filter(([, other]) => other !== place), [name, place]], place };
}
