import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DiskClips } from './clip-store.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bnc-store-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Bytes and the name that belongs to them. */
function named(text: string): [name: string, bytes: Buffer] {
  const bytes = Buffer.from(text);
  return [`${createHash('sha256').update(bytes).digest('hex')}.pcm`, bytes];
}

describe('a folder of clips', () => {
  test('gives back what it was given, also to the next process', async () => {
    const [name, bytes] = named('sound');
    const clips = new DiskClips(folder);
    await clips.put(name, bytes);
    expect(await clips.get(name)).toEqual(bytes);
    expect(await new DiskClips(folder).get(name)).toEqual(bytes);
    expect(await new DiskClips(folder).locate(name)).toBe(join(folder, name));
    expect(await clips.locate(named('silence')[0])).toBeUndefined();
  });

  test('lets the least recently used go when its budget is spent', async () => {
    const clips = new DiskClips(folder, 25);
    const all = ['a', 'b', 'c'].map((letter) => named(letter.repeat(10)));
    for (const [name, bytes] of all.slice(0, 2)) await clips.put(name, bytes);
    await clips.get(all[0]?.[0] ?? '');
    for (const [name, bytes] of all.slice(2)) await clips.put(name, bytes);
    expect(readdirSync(folder).toSorted()).toEqual([all[0], all[2]].map((entry) => entry?.[0] ?? '').toSorted());
    await expect(clips.put(...named('x'.repeat(26)))).rejects.toThrow(RangeError);
  });

  test('knows after a restart what was used last', async () => {
    const [old, recent, next] = ['a', 'b', 'c'].map((letter) => named(letter.repeat(10)));
    for (const [entry, age] of [
      [old, 1000],
      [recent, 10],
    ] as const) {
      const file = join(folder, entry?.[0] ?? '');
      writeFileSync(file, entry?.[1] ?? '');
      utimesSync(file, Date.now() / 1000 - age, Date.now() / 1000 - age);
    }
    await new DiskClips(folder, 25).put(next?.[0] ?? '', next?.[1] ?? Buffer.of());
    expect(readdirSync(folder).toSorted()).toEqual([recent, next].map((entry) => entry?.[0] ?? '').toSorted());
  });

  test('drops what is damaged or cut short, half files, and what it does not know', async () => {
    const [name, bytes] = named('sound');
    writeFileSync(join(folder, name), 'sounD');
    writeFileSync(join(folder, `${name}.x.part`), 'sou');
    writeFileSync(join(folder, 'notes.txt'), '');
    const clips = new DiskClips(folder);
    expect(await clips.get(name)).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
    await clips.put(name, bytes);
    writeFileSync(join(folder, name), 'sou');
    expect(await clips.locate(name)).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });
});
