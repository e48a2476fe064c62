import { expect, it } from 'vitest';
import { partitionOf } from './partition.ts';

it('spreads numbers and names of repositories evenly over 256 partitions', () => {
  for (const keyOf of [
    (n: number) => String(n),
    (n: number) => String(400_000_000 + n * 7_919),
    (n: number) => `octo-${n % 97}/cat-${n}`,
  ]) {
    const counts = Array.from({ length: 256 }, () => 0);
    for (let n = 0; n < 25_600; n++) {
      const partition = partitionOf(keyOf(n));
      counts[partition] = (counts[partition] ?? 0) + 1;
    }
    expect(Math.max(...counts)).toBeLessThan(160);
    expect(Math.min(...counts)).toBeGreaterThan(50);
  }
});

it('takes neighbouring keys to partitions far apart, as owners have ranges of them', () => {
  const thirds = [0, 0, 0];
  for (let n = 1; n <= 30; n++) {
    const third = Math.floor((partitionOf(`k${n}`) * 3) / 256);
    thirds[third] = (thirds[third] ?? 0) + 1;
  }
  expect(Math.min(...thirds)).toBeGreaterThan(5);
});

it('stays what it is, as every server and every stored queue relies on it', () => {
  expect(['', 'k', '123456789', 'octo/cat', 'zwölf 🐈'].map(partitionOf)).toMatchInlineSnapshot(`
    [
      0,
      32,
      220,
      227,
      1,
    ]
  `);
});
