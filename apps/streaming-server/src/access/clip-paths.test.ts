import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ClipPaths } from './clip-paths.ts';
import { SessionKeys } from './session-keys.ts';

const paths = new ClipPaths(new SessionKeys(['a-secret-of-32-bytes-for-the-paths']), '');
const name = `${'a'.repeat(64)}.flac`;
const room = { repoId: 'octo/cat', repositoryId: 7 };

function signatureOf(path: string): string {
  return path.split('/')[2] ?? '';
}

describe('the path of a clip', () => {
  beforeEach(() => vi.useFakeTimers({ now: 1_800_000_000_000 }));
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is plain for everyone, and signed for a private room', () => {
    expect(paths.of(name, undefined)).toBe(`/clips/${name}`);
    expect(paths.of(name, room)).toMatch(new RegExp(`^/clips/[0-9a-z]+\\.[\\w-]{22}/${name}$`));
  });

  test('opens one clip of one room for 2.5 to 5 minutes', () => {
    const signature = signatureOf(paths.of(name, room));
    expect(paths.isSigned(signature, name, room)).toBe(true);
    expect(paths.isSigned(signature, name.replace('flac', 'opus'), room)).toBe(false);
    expect(paths.isSigned(signature, name, { ...room, repositoryId: 8 })).toBe(false);
    expect(paths.isSigned(signature, name, { ...room, repoId: 'octo/dog' })).toBe(false);
    vi.advanceTimersByTime(150_000);
    expect(paths.isSigned(signature, name, room)).toBe(true);
    vi.advanceTimersByTime(150_000);
    expect(paths.isSigned(signature, name, room)).toBe(false);
  });

  test('cannot be made to last longer, and none is opened by what is no signature', () => {
    const [, code = ''] = signatureOf(paths.of(name, room)).split('.');
    for (const wrong of [
      `${(9_999_999_999_999).toString(36)}.${code}`,
      `.${code}`,
      code,
      '',
      '..',
      'a.b',
      `zzzzzzzzzz.${code}`,
    ]) {
      expect(paths.isSigned(wrong, name, room), wrong).toBe(false);
    }
    const other = new ClipPaths(new SessionKeys(['another-secret-of-32-bytes-or-more']), '');
    expect(other.isSigned(signatureOf(paths.of(name, room)), name, room)).toBe(false);
  });

  test('is never good for another clip or room, whatever separators their names have', () => {
    const part = fc.string({ unit: fc.constantFrom('a', '/', ',', '"', '|', '\0', '\\', ']', '1'), maxLength: 5 });
    const clip = fc.record({ name: part, repoId: part, repositoryId: fc.nat(20) });
    fc.assert(
      fc.property(clip, clip, (one, other) => {
        const isSame =
          one.name === other.name && one.repoId === other.repoId && one.repositoryId === other.repositoryId;
        const [signature = ''] = paths.of(one.name, one).slice('/clips/'.length).split('/');
        return paths.isSigned(signature, other.name, other) === isSame;
      }),
      { numRuns: 500 },
    );
  });
});
