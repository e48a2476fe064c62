import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize } from '@bnc/buffer-serializer';
import type { MusicalParameters } from '@bnc/contracts';
import { OfflineRenderer } from '@bnc/offline-renderer';
import { afterAll, describe, expect, test } from 'vitest';
import { type Delivery, deliveryOf } from '../delivery/delivery.ts';
import { ClipMaker, type ClipOptions } from './clip-maker.ts';
import { ClipRecords } from './clip-records.ts';
import { DiskClips } from './clip-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'bnc-maker-'));
const renderer = new OfflineRenderer({ workers: 1, spares: 0 });
afterAll(async () => {
  await renderer.close();
  rmSync(folder, { recursive: true, force: true });
});

const params: MusicalParameters = { tempo: 120, scale: ['C4', 'E4', 'G4'], instrumentType: 'synth', duration: 0.5 };

function asked(variant: string): Delivery {
  const delivery = deliveryOf(variant);
  if (!delivery) throw new Error(variant);
  return delivery;
}

function wish(...variants: string[]): ClipOptions {
  return {
    input: params,
    fairKey: '7',
    room: { repoId: 'octo/cat', repositoryId: 7 },
    deliveries: variants.map(asked),
    signal: AbortSignal.timeout(60_000),
  };
}

function makerOn(store: DiskClips): { maker: ClipMaker; errors: unknown[] } {
  const errors: unknown[] = [];
  const records = new ClipRecords(store);
  return { maker: new ClipMaker({ renderer, store, records, onError: (error) => errors.push(error) }), errors };
}

function read(text: Uint8Array | undefined): unknown {
  return JSON.parse(Buffer.from(text ?? []).toString());
}

describe('a maker of clips', { timeout: 60_000 }, () => {
  test('renders once for all who ask at the same time, and only what is missing later', async () => {
    const { maker } = makerOn(new DiskClips(join(folder, 'kept')));
    const before = renderer.stats().rendered;
    const clips = await Promise.all(['pcm-s16le', 'pcm-s16le', 'url:pcm-s16le'].map((name) => maker.clip(wish(name))));
    expect(renderer.stats().rendered).toBe(before + 1);
    expect(clips[1]).toBe(clips[0]);
    await maker.clip(wish('pcm-s16le', 'pcm-f32le'));
    expect(renderer.stats().rendered).toBe(before + 2);
    const { maker: restarted } = makerOn(new DiskClips(join(folder, 'kept')));
    const clip = await restarted.clip(wish('pcm-f32le', 'url:pcm-s16le'));
    expect(renderer.stats().rendered).toBe(before + 2);
    expect(clip.text(asked('pcm-f32le'), String)).toBeDefined();
  });

  test('sends inline to those who want links what a full disk cannot keep', async () => {
    const { maker, errors } = makerOn(new DiskClips(join(folder, 'full'), 100));
    const clip = await maker.clip(wish('url:pcm-s16le,pcm-f32le'));
    const buffer = read(clip.text(asked('url:pcm-s16le,pcm-f32le'), String));
    expect(buffer).toMatchObject({ encoding: 'pcm-s16le' });
    expect((await deserialize(buffer)).duration).toBeGreaterThanOrEqual(0.5);
    expect(errors.length).toBeGreaterThan(0);
  });
});
