/** The hour of the morning at which a quiet night ends. */
const morning = 7;

/** Shortest night in ms: a person who asks for quiet at six does not mean until seven. */
const shortestMs = 4 * 3_600_000;

/** Returns the next morning, at seven of this device's time zone, as epoch ms. */
export function tomorrowMorning(now: number): number {
  const date = new Date(now + shortestMs);
  const day = date.getHours() >= morning ? 1 : 0;
  // A day may have 23 or 25 hours: the calendar knows.
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + day, morning).getTime();
}
