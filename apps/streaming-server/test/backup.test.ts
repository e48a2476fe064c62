import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pushOf } from './pushes.ts';
import { deliver, operator, operatorToken, TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

interface History {
  readonly phrases: readonly { readonly speaksFor: number }[];
}

describe('a copy of a data folder', { timeout: 60_000 }, () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'bnc-backup-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  const backUp = (server: TestServer): Promise<Response> =>
    fetch(`${server.origin}/backups`, { method: 'POST', headers: operator });

  test('that was made while deliveries came in starts, has all that was accepted before, and plays nothing twice', async () => {
    const live = await TestServer.start({ dataDir, adminTokens: [operatorToken] });
    expect((await fetch(`${live.origin}/backups`, { method: 'POST' })).status).toBe(401);
    const room = (index: number): string => `octo/backup-${index % 5}`;
    const over = new AbortController();
    let accepted = 0;
    const load = (async () => {
      for (; !over.signal.aborted; accepted++) {
        await live.deliver('push', pushOf(room(accepted), 750 + (accepted % 5)));
        await live.deliver('push', pushOf(`octo/secret-${accepted}`, 800 + accepted, true));
      }
    })();
    await expect.poll(() => accepted).toBeGreaterThan(20);
    const before = accepted;
    const [first, second] = await Promise.all([backUp(live), backUp(live)]);
    expect([first.status, second.status].toSorted((a, b) => a - b)).toEqual([201, 409]);
    const { folder } = (await (first.status === 201 ? first : second).json()) as { folder: string };
    over.abort();
    await load;
    await live.close();

    await using copy = await TestServer.start({ dataDir: folder });
    const heard = async (): Promise<number> => {
      const all = await Promise.all(
        Array.from({ length: 5 }, async (_, index) => {
          const { phrases } = (await (
            await fetch(`${copy.origin}/history/${room(index)}?limit=100`)
          ).json()) as History;
          return phrases.reduce((sum, { speaksFor }) => sum + speaksFor, 0);
        }),
      );
      return all.reduce((sum, one) => sum + one, 0);
    };
    await expect.poll(heard).toBeGreaterThanOrEqual(before);
    expect(await heard()).toBeLessThanOrEqual(accepted);
    for (let index = 0; index < before; index += 5) {
      await expect(SSEReader.open(`${copy.origin}/stream/octo/secret-${index}`)).rejects.toThrow(/^404/);
    }
    await using listener = await SSEReader.open(`${copy.origin}/stream/octo/new?format=score`);
    expect((await deliver(copy.origin, 'push', pushOf('octo/new', 790))).body.status).toBe('accepted');
    expect((await listener.next('audio_buffer')).data.speaksFor).toBe(1);
  });
});
