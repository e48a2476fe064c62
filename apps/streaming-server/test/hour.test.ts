import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { EpochMs, GitHubActivity, GitHubDelivery } from '@bnc/contracts';
import { hear, type RepositoryFacts } from '@bnc/github-webhooks';
import type { RoomSettings } from '@bnc/music-engine';
import { launchChromium } from '@bnc/testing/browser';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MusicGenerated, MusicSkipped } from '../src/rooms/events.ts';
import { countNeeds } from '../src/rooms/lead.ts';
import { type HourRecord, replayHour } from './replay-hour.ts';
import { deliveryOf, RoomStage } from './room-stage.ts';

const startsAt = 1_764_000_000_000;

/** An event of the log, as JSON keeps it. */
interface LogEvent {
  readonly topic: string;
  readonly payload: unknown;
  readonly publishedAt: EpochMs;
}

let sent = 0;
function next(changes: Partial<GitHubDelivery> = {}): GitHubDelivery {
  return deliveryOf({ deliveryId: `hour ${++sent}`, title: 'next', ...changes });
}

function verdict(outcome: 'success' | 'failure'): GitHubDelivery {
  return next({ event: 'workflow_run', action: 'completed', outcome, isDefaultBranch: true, commits: 0 });
}

/** Half an hour of a room: pushes, builds of both colours in the middle of phrases, and quiet minutes. */
async function live(stage: RoomStage, { isHandedOver = false } = {}): Promise<readonly LogEvent[]> {
  sent = 0;
  vi.setSystemTime(startsAt);
  let server = await stage.server();
  await stage.listen('owner/repo', { forms: ['json'], needs: countNeeds([290], 2), bed: true });
  for (let turn = 0; turn < 20; turn++) {
    await stage.deliver(next({ commits: 1 + (turn % 5), subject: `heads/b${turn % 3}`, branch: `b${turn % 3}` }));
    await stage.pass(turn % 4 === 0 ? 3500 : 60_000);
    if (turn % 4 === 0) await stage.deliver(next(), verdict(turn % 8 === 0 ? 'failure' : 'success'));
    if (turn === 10) {
      const settings = { heard: 'failures', theme: 'lofi' } as const;
      await stage.tables.putSettings('1', settings);
      await stage.bus.publish('room:settings', { settings }, { key: '1' });
    }
    await stage.pass(9000);
    if (isHandedOver && turn % 3 === 0) {
      const following = stage.server();
      await server.close({ drainMs: 1000 });
      server = await following;
    }
  }
  await stage.pass(60_000);
  const { events } = await stage.bus.read(undefined, { limit: 1000 });
  return JSON.parse(JSON.stringify(events)) as readonly LogEvent[];
}

function phrasesOf(log: readonly LogEvent[]): unknown[] {
  return log.flatMap(({ topic, payload }) => {
    if (topic === 'music:skipped') return [null];
    if (topic !== 'music:generated') return [];
    const { startAt, musicalParams: params, reasons } = payload as MusicGenerated;
    return [{ startAt, params, reasons }];
  });
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** Reads what the room was told and what it decided from what. */
function recordsOf(log: readonly LogEvent[]): readonly HourRecord[] {
  const activities = activitiesOf(log);
  return log.flatMap(({ topic, payload }): HourRecord[] => {
    if (topic === 'room:settings') return [payload as { readonly settings: RoomSettings }];
    if (topic !== 'music:generated' && topic !== 'music:skipped') return [];
    const { deliveryIds, decided } = payload as MusicGenerated & MusicSkipped;
    return [{ activities: deliveryIds.flatMap((id) => activities.get(id) ?? []), decided }];
  });
}

function activitiesOf(log: readonly LogEvent[]): ReadonlyMap<string, GitHubActivity> {
  const found = new Map<string, GitHubActivity>();
  let facts: RepositoryFacts | undefined;
  for (const { topic, payload, publishedAt } of log) {
    if (!topic.startsWith('webhook:github:')) continue;
    const heard = hear(facts, payload as GitHubDelivery, publishedAt);
    facts = heard.facts;
    for (const activity of heard.activities) found.set(activity.deliveryId, activity);
  }
  return found;
}

let stage: RoomStage;
beforeEach(() => {
  vi.useFakeTimers({ now: startsAt });
  stage = new RoomStage();
});
afterEach(async () => {
  vi.useRealTimers();
  await stage.close();
});

describe('the log of a room', () => {
  test('gives the same hour again, in another process and in Chromium too', async () => {
    const log = await live(stage);
    vi.useRealTimers();
    const phrases = phrasesOf(log);
    expect(phrases.filter((phrase) => phrase !== null).length).toBeGreaterThan(15);
    expect(phrases).toContain(null);
    expect(log.some(({ payload }) => (payload as Partial<MusicGenerated>).interrupts)).toBe(true);
    const records = recordsOf(log);
    expect(JSON.parse(JSON.stringify(replayHour(1, records)))).toEqual(phrases);

    const bundle = await build({
      entryPoints: [fileURLToPath(new URL('./replay-hour.ts', import.meta.url))],
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'iife',
      globalName: 'hour',
      conditions: ['@bnc/source'],
    });
    const [code = ''] = bundle.outputFiles.map(({ text }) => text);
    const script = `${code}\nprocess.stdout.write(JSON.stringify(hour.replayHour(1, ${JSON.stringify(records)})));`;
    const child = promisify(execFile)(process.execPath, ['-'], { maxBuffer: 2 ** 26 });
    child.child.stdin?.end(script);
    expect(digest(JSON.parse((await child).stdout))).toBe(digest(phrases));

    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.addScriptTag({ content: code });
      const text = await page.evaluate(
        (all) =>
          JSON.stringify(
            (globalThis as unknown as { hour: typeof import('./replay-hour.ts') }).hour.replayHour(1, all),
          ),
        [...records],
      );
      expect(digest(JSON.parse(text))).toBe(digest(phrases));
    } finally {
      await browser.close();
    }
  }, 60_000);

  test('is the same where the room goes from server to server', async () => {
    const phrases = phrasesOf(await live(stage));
    await stage.close();
    stage = new RoomStage();
    expect(phrasesOf(await live(stage, { isHandedOver: true }))).toEqual(phrases);
  });
});
