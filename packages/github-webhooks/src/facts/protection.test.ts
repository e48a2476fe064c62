import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isProtected } from './protection.ts';

/** The same, tried out reading by reading: too slow for anything long. */
function matches(name: string, pattern: string): boolean {
  if (pattern === '') return name === '';
  const stars = /^\*{2,}\/?/.exec(pattern)?.[0];
  if (stars) {
    const rest = pattern.slice(stars.length);
    const ends = [...Array.from({ length: name.length + 1 }).keys()].filter(
      (end) => end === 0 || !stars.endsWith('/') || name[end - 1] === '/',
    );
    return ends.some((end) => matches(name.slice(end), rest));
  }
  if (pattern.startsWith('*')) {
    const [part = ''] = name.split('/');
    return [...Array.from({ length: part.length + 1 }).keys()].some((end) =>
      matches(name.slice(end), pattern.slice(1)),
    );
  }
  const fits = pattern.startsWith('?') ? name !== '' && !name.startsWith('/') : name.startsWith(pattern.slice(0, 1));
  return fits && matches(name.slice(1), pattern.slice(1));
}

describe('isProtected', () => {
  it.each([
    ['main', 'main'],
    ['release/*', 'release/1.0'],
    ['release/*', 'release/'],
    ['*', 'main'],
    ['v?', 'v1'],
    ['v*.x', 'v12.x'],
    ['release/**/*', 'release/1.0/fix'],
    ['release/**/*', 'release/1.0'],
    ['qa**/**/*', 'qatest/foo/bar'],
    ['**', 'a/b/c'],
    ['**/stable', 'stable'],
    ['**/stable', 'a/b/stable'],
    ['*-*-*', 'a-b-c'],
    ['fix+(1)', 'fix+(1)'],
    ['$&', '$&'],
    ['[main]', '[main]'],
    ['\\d', '\\d'],
    ['🐈?', '🐈1'],
    ['v?', 'v🐈'],
    ['a**/b/c', 'ax/y/b/c'],
    ['x**/y', 'xy'],
    ['b*a**/c', 'ba/a/c'],
  ])('matches %s with %s', (pattern, branch) => {
    expect(isProtected(branch, [pattern])).toBe(true);
  });

  it.each([
    ['main', 'mainly'],
    ['main', 'Main'],
    ['release/*', 'release'],
    ['release/*', 'release/1.0/fix'],
    ['release/**/*', 'released'],
    ['*', 'feat/x'],
    ['v?', 'v12'],
    ['v?', 'v'],
    ['a?b', 'a/b'],
    ['v1.x', 'v1ax'],
    ['main|feat', 'feat'],
    ['[main]', 'm'],
    ['(main)', 'main'],
    ['', 'main'],
    ['^', 'main'],
  ])('does not match %s with %s', (pattern, branch) => {
    expect(isProtected(branch, [pattern])).toBe(false);
  });

  it('needs one of its patterns, and none matches nothing', () => {
    expect(isProtected('main', ['release/*', 'ma*'])).toBe(true);
    expect(isProtected('main', [])).toBe(false);
  });

  it.each([
    ['stars', '*a'.repeat(100), 'a'.repeat(199)],
    ['pairs of stars', '**/a'.repeat(50), 'a/'.repeat(100)],
    ['signs', '?*'.repeat(100), 'a'.repeat(200)],
    ['letters', 'a'.repeat(5000), 'a'.repeat(4999)],
  ])('takes no time for a hostile pattern of %s', (_what, pattern, branch) => {
    const started = performance.now();
    for (let n = 0; n < 20; n++) isProtected(`${branch}b`, [pattern]);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('matches what a slow reading of the pattern matches', () => {
    const letters = fc.constantFrom('a', 'b', '/');
    const signs = fc.constantFrom('a', 'b', '/', '*', '*', '**', '**/', '?');
    fc.assert(
      fc.property(
        fc.array(letters, { maxLength: 8 }).map((all) => all.join('')),
        fc.array(signs, { maxLength: 6 }).map((all) => all.join('')),
        (name, pattern) => {
          expect(isProtected(name, [pattern])).toBe(matches(name, pattern));
        },
      ),
      { numRuns: 3000 },
    );
  });
});
