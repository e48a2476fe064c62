import { spawnSync } from 'node:child_process';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { decodeFlac } from '@bnc/buffer-serializer/flac';
import { peak, toMono } from '@bnc/testing/sound';
import { beforeEach, describe, expect, test } from 'vitest';
import { SqliteTables } from '../src/rooms/sqlite-tables.ts';
import { runServer, type ServerProcess, settingsFor, useFolder } from './server-process.ts';

const repositoryId = 988;
const metricsToken = 'a-token-for-prometheus-of-32-bytes';

/** Ends all processes that a server renders in. */
function killRenderers({ child }: ServerProcess): void {
  const { stdout } = spawnSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' });
  for (const pid of stdout.split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

describe('an export while render processes are killed', { timeout: 60_000 }, () => {
  const folder = useFolder();
  let server: ServerProcess;
  let origin = '';
  let url = '';
  beforeEach(async () => {
    const from = Date.now() - 60_000;
    const tables = new SqliteTables(join(folder(), 'rooms.sqlite'), { keepMs: 86_400_000 });
    await tables.learn({ repoId: 'octo/faults', repositoryId, isPrivate: false, occurredAt: 1 });
    for (const place of [0, 1, 2]) {
      const phrase = {
        phraseId: `fault-${place}`,
        repoId: 'octo/faults',
        repositoryId,
        isPrivate: false,
        isHeard: true,
        deliveryIds: ['d'],
        musicalParams: {
          tempo: 96,
          scale: ['C4', 'D4', 'G4'],
          instrumentType: 'synth' as const,
          duration: 2.5,
          bars: 1,
          prngSeed: place,
        },
        activity: { title: 'x', url: 'https://github.com', actor: 'a', event: 'push', emotion: 'activity' as const },
        reasons: [],
        receivedAt: from + place * 6000,
        startAt: from + 500 + place * 6000,
      };
      await tables.keep(String(repositoryId), { eventId: phrase.phraseId, phrase });
    }
    await tables.setFilled();
    tables.close();
    server = runServer([], settingsFor(folder(), { DEMO: 'off', METRICS_TOKENS: metricsToken }));
    origin = await server.origin();
    url = `${origin}/repos/octo/faults/export?from=${from}&to=${from + 18_000}&format=flac`;
  });

  const download = async (): Promise<{ readonly bytes: Buffer; readonly trailers: NodeJS.Dict<string> }> =>
    new Promise((resolve, reject) => {
      get(url, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ bytes: Buffer.concat(chunks), trailers: response.trailers }));
      }).on('error', reject);
    });
  /** Reads a number of the server's metrics. */
  const count = async (name: string): Promise<number> => {
    const headers = { authorization: `Bearer ${metricsToken}` };
    const lines = (await (await fetch(`${origin}/metrics`, { headers })).text()).split('\n');
    return Number(lines.find((line) => line.startsWith(`${name} `))?.slice(name.length));
  };

  test('is whole: what a second try renders is in it, and what fails again is silent, and told', async () => {
    const over = new AbortController();
    const killing = (async () => {
      for (; !over.signal.aborted; await wait(20)) killRenderers(server);
    })();
    const silent = await download();
    over.abort();
    await killing;
    const sound = decodeFlac(silent.bytes);
    expect(sound.length).toBe(18 * 44_100);
    expect(peak(toMono(sound))).toBe(0);
    expect(silent.trailers).toEqual({ 'x-left-out': '3' });
    expect(await count('bnc_export_left_out_total')).toBe(3);

    const failed = await count('bnc_renders_total{outcome="failed"}');
    const downloading = download();
    while ((await count('bnc_render_processes{state="running"}')) === 0) await wait(1);
    killRenderers(server);
    const mended = await downloading;
    expect(await count('bnc_renders_total{outcome="failed"}')).toBeGreaterThan(failed);
    expect(mended.trailers).toEqual({ 'x-left-out': '0' });
    expect(peak(toMono(decodeFlac(mended.bytes)))).toBeGreaterThan(0.01);
    expect((await download()).bytes.equals(mended.bytes)).toBe(true);
  });
});
