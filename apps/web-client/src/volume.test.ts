import { expect, test } from 'vitest';
import { Volume } from './volume.ts';

test('mute and volume never contradict each other', () => {
  let changes = 0;
  const volume = new Volume(80, () => changes++);
  volume.mute(true);
  expect([volume.isMuted, volume.level, volume.percent]).toEqual([true, 0, 80]);
  volume.set(40);
  expect([volume.isMuted, volume.level > 0]).toEqual([false, true]);
  volume.set(0);
  expect([volume.isMuted, volume.level]).toEqual([true, 0]);
  volume.mute(false);
  expect([volume.isMuted, volume.percent]).toEqual([false, 50]);
  volume.set(101);
  volume.set(-1);
  expect(volume.percent).toBe(0);
  expect(changes).toBe(6);
  expect(new Volume(Number.NaN, () => {}).percent).toBe(80);
});
