/** Returns the place of an event in its log. */
export function placeOf(eventId: string): number {
  return Number(eventId.slice(eventId.lastIndexOf('-') + 1));
}

/** Returns the id that the event before this one would have. */
export function idBefore(eventId: string): string {
  return `${epochOf(eventId)}-${placeOf(eventId) - 1}`;
}

/** Tells whether an event comes after another one, in the same log or in a log that was started since. */
export function isAfter(eventId: string, other: string): boolean {
  return epochOf(eventId) !== epochOf(other) || placeOf(eventId) > placeOf(other);
}

function epochOf(eventId: string): string {
  return eventId.slice(0, eventId.lastIndexOf('-'));
}
