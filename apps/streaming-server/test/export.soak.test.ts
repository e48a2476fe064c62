import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MusicGenerated } from '../src/rooms/events.ts';
import { SqliteTables } from '../src/rooms/sqlite-tables.ts';
import { production, runServer, type ServerProcess, settingsFor } from './server-process.ts';

const hourMs = 3_600_000;

/** Silence between two phrases is much longer than a phrase, so that each onset stands alone. */
const everyMs = 120_000;

/** The most that an onset may be off in ms: 0.4 was measured, at 8 frames a ms. */
const onsetMs = 5;

/** A room of an hour ago: its phrases began at odd moments, in all speeds. */
function phrasesFrom(from: number): readonly (MusicGenerated & { readonly startAt: number })[] {
  return Array.from({ length: hourMs / everyMs }, (_, place) => {
    const startAt = from + 1000 + place * everyMs + ((place * 137) % 997);
    return {
      phraseId: `hour-${place}`,
      repoId: 'octo/hour',
      repositoryId: 920,
      isPrivate: false,
      isHeard: true,
      startAt,
      deliveryIds: ['d'],
      musicalParams: {
        tempo: 80 + (place % 5) * 8,
        scale: ['C4', 'D4', 'E4', 'G4', 'A4'],
        instrumentType: 'synth',
        sign: 'build.done',
        duration: 5,
        bars: 1,
        prngSeed: place,
      },
      activity: { title: 'A phrase', url: 'https://github.com', actor: 'a', event: 'push', emotion: 'activity' },
      reasons: [],
      receivedAt: startAt - 300,
    };
  });
}

describe('an export of an hour', { timeout: 900_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'bnc-hour-'));
  const from = Date.now() - hourMs - 60_000;
  const phrases = phrasesFrom(from);
  let server: ServerProcess;
  let origin = '';
  beforeAll(async () => {
    const dataDir = join(folder, 'data');
    mkdirSync(dataDir);
    const tables = new SqliteTables(join(dataDir, 'rooms.sqlite'), { keepMs: 86_400_000 });
    await tables.learn({ repoId: 'octo/hour', repositoryId: 920, isPrivate: false, occurredAt: 1 });
    for (const phrase of phrases) await tables.keep('920', { eventId: phrase.phraseId, phrase });
    await tables.setFilled();
    tables.close();
    server = runServer([], settingsFor(dataDir, production));
    origin = await server.origin();
  }, 60_000);
  afterAll(async () => {
    server.child.kill('SIGTERM');
    await server.ended;
    rmSync(folder, { recursive: true });
  });

  /** Exports the hour to a file; returns its path, and the most memory that the server held on the way, in MiB. */
  const exportTo = async (
    name: string,
    format: string,
  ): Promise<{ readonly file: string; readonly peakMiB: number }> => {
    const file = join(folder, name);
    const response = await fetch(`${origin}/repos/octo/hour/export?from=${from}&to=${from + hourMs}&format=${format}`);
    expect(response.status).toBe(200);
    let peakMiB = 0;
    const look = setInterval(() => {
      peakMiB = Math.max(peakMiB, rssMiB(server.child.pid));
    }, 200);
    try {
      await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(file));
    } finally {
      clearInterval(look);
    }
    return { file, peakMiB };
  };

  test('is whole, as long as the hour, has every phrase at its start, and takes no more memory than a phrase', async () => {
    const before = rssMiB(server.child.pid);
    const { file, peakMiB } = await exportTo('hour.flac', 'flac');
    execFileSync('flac', ['-t', '-s', file]);
    const probed = execFileSync('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'stream=sample_rate,channels:format=duration',
      '-of',
      'json',
      file,
    ]);
    const { streams, format } = JSON.parse(probed.toString()) as {
      streams: { sample_rate: string; channels: number }[];
      format: { duration: string };
    };
    expect([streams[0]?.sample_rate, streams[0]?.channels]).toEqual(['44100', 2]);
    expect(Number(format.duration)).toBeCloseTo(3600, 3);
    expect(peakMiB - before, `${before} MiB before`).toBeLessThan(300);

    const onsets = onsetsIn(file);
    expect(onsets).toHaveLength(phrases.length);
    const history = (await (await fetch(`${origin}/repos/octo/hour/history?limit=100`)).json()) as {
      phrases: { startAt: number }[];
    };
    const starts = history.phrases.map(({ startAt }) => startAt - from).toSorted((one, other) => one - other);
    for (const [place, start] of starts.entries()) {
      const late = (onsets[place] ?? 0) - start;
      expect(late, `phrase ${place}`).toBeGreaterThanOrEqual(-1);
      expect(late, `phrase ${place}`).toBeLessThan(onsetMs);
    }
    const again = await exportTo('again.flac', 'flac');
    expect(hash('sha256', readFileSync(again.file))).toBe(hash('sha256', readFileSync(file)));
  });

  test('is whole as Opus, too', async () => {
    const { file } = await exportTo('hour.opus', 'opus');
    const probed = execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', file]);
    expect(Number(probed.toString())).toBeCloseTo(3600, 1);
    expect(statSync(file).size).toBeGreaterThan(1e6);
  });
});

/** Returns when each sound begins in a file, after a second of silence, in ms. */
function onsetsIn(file: string): readonly number[] {
  // 1,000 values a second: the louder of both channels is not needed, all signs sound on both.
  const raw = execFileSync(
    'ffmpeg',
    ['-nostdin', '-v', 'error', '-i', file, '-ac', '1', '-ar', '8000', '-f', 's16le', '-'],
    {
      maxBuffer: 2 ** 28,
    },
  );
  const samples = new Int16Array(raw.buffer, raw.byteOffset, raw.byteLength / 2);
  const onsets: number[] = [];
  let silentFor = 8000;
  for (const [at, sample] of samples.entries()) {
    if (Math.abs(sample) < 60) {
      silentFor++;
      continue;
    }
    if (silentFor >= 8000) onsets.push(at / 8);
    silentFor = 0;
  }
  return onsets;
}

function rssMiB(pid: number | undefined): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString()) / 1024;
}
