import { describe, expect, test } from 'vitest';
import { leadMs, RoomGrid } from './room-grid.ts';

const at = (start: number): { grid: RoomGrid; clock: { now: number } } => {
  const clock = { now: start };
  return { grid: new RoomGrid(() => clock.now), clock };
};

describe('the bar lines of a room', () => {
  test('start at once, after the lead, when the room is silent', () => {
    const { grid } = at(1000);
    expect(grid.start(1, 4000)).toBe(1000 + leadMs);
  });

  test('put a phrase on the line where the one before it ends', () => {
    const { grid, clock } = at(1000);
    const first = grid.start(1, 4000);
    clock.now = 2000;
    expect(grid.start(1, 2000)).toBe(first + 4000);
    expect(grid.start(1, 2000)).toBe(first + 6000);
  });

  test('leave other rooms alone', () => {
    const { grid } = at(1000);
    grid.start(1, 4000);
    expect(grid.start(2, 1000)).toBe(1000 + leadMs);
    expect(grid.busyForMs(3)).toBe(0);
  });

  test('count a room as sounding while its phrase is still being made', () => {
    const { grid, clock } = at(0);
    grid.expect(1, 4000);
    expect(grid.busyForMs(1)).toBe(4000 + leadMs);
    clock.now = 300;
    expect(grid.start(1, 4000)).toBe(300 + leadMs);
    expect(grid.busyForMs(1)).toBe(4000 + leadMs);
    clock.now = 5000;
    expect(grid.busyForMs(1)).toBe(0);
  });
});
