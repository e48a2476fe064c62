const epochOf = (eventId: string): string => eventId.slice(0, eventId.lastIndexOf('-'));

/** The place of an event in its log. */
export const placeOf = (eventId: string): number => Number(eventId.slice(eventId.lastIndexOf('-') + 1));

/** The id that the event before this one would have. */
export const idBefore = (eventId: string): string => `${epochOf(eventId)}-${placeOf(eventId) - 1}`;

/** Tells whether an event comes after another one, in the same log or in one that has begun since. */
export const isAfter = (eventId: string, other: string): boolean =>
  epochOf(eventId) !== epochOf(other) || placeOf(eventId) > placeOf(other);
