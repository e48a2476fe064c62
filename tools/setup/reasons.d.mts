/** What the tests use of the set-up, which runs before there is a compiler. */
export function lackOf(what: string, output: string): Error;
export function checkSpace(needed: number, free?: number): void;
