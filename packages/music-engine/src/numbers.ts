/** Keeps a number between two bounds. */
export const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** Rounds to two decimals: enough for ears, and free of the last bits in which engines may differ. */
export const round = (value: number): number => Math.round(value * 100) / 100;

/** Goes from `low` to `high` as `fraction` goes from 0 to 1. */
export const between = (low: number, high: number, fraction: number): number => low + (high - low) * fraction;
