import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { prepareDataDir, webhookSecrets } from './data-dir.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bnc-data-'));
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

describe('the data folder', () => {
  test('is made with its parents', () => {
    prepareDataDir(join(folder, 'a', 'b'));
    expect(statSync(join(folder, 'a', 'b')).isDirectory()).toBe(true);
  });

  test('is refused with its path when a file stands in its place', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(() => prepareDataDir(join(file, 'data'))).toThrow(
      expect.objectContaining({ code: 'CONFIG_DATA_DIR', message: expect.stringContaining(join(file, 'data')) }),
    );
  });
});

describe('the webhook secret', () => {
  test("is the operator's where one is given", () => {
    expect(webhookSecrets(folder, ['given-secret-012345'])).toMatchObject({
      secrets: ['given-secret-012345'],
      origin: 'given',
    });
  });

  test('is made once, 32 random bytes for the owner only, and kept', () => {
    const first = webhookSecrets(folder, []);
    expect(first.origin).toBe('made');
    expect(first.secrets[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(statSync(first.file).mode & 0o777).toBe(0o600);
    expect(webhookSecrets(folder, [])).toEqual({ ...first, origin: 'kept' });
  });

  test('is refused, and left where it is, when somebody has shortened it', () => {
    const { file } = webhookSecrets(folder, []);
    writeFileSync(file, 'short\n');
    expect(() => webhookSecrets(folder, [])).toThrow(expect.objectContaining({ code: 'CONFIG_SECRET' }));
    expect(readFileSync(file, 'utf8')).toBe('short\n');
  });
});
