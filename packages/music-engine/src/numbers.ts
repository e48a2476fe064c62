/** Keeps a number between two bounds. */
export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** Rounds to two decimals: enough for ears, and free of the last bits in which engines may differ. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Goes from `low` to `high` as `fraction` goes from 0 to 1. */
export function between(low: number, high: number, fraction: number): number {
  return low + (high - low) * fraction;
}
