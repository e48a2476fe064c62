import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

it('explains every error code in the README, and no other', () => {
  const union = /type BusErrorCode =([^;]+);/.exec(read('./errors.ts'))?.[1] ?? '';
  const codes = [...union.matchAll(/'(BUS_\w+)'/g)].map(([, code]) => code);
  const rows = [...read('../README.md').matchAll(/^\| `(BUS_\w+)` \|/gm)].map(([, code]) => code);
  expect(new Set(rows)).toEqual(new Set(codes));
});
