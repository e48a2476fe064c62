import { describe, expect, test } from 'vitest';
import { HeardRoom, HeardRooms } from './heard-room.ts';

function roomOf(channel: string): HeardRoom {
  return new HeardRoom({ channel, key: '1', name: channel, isPublic: true });
}

describe('the rooms of a server', () => {
  test('are forgotten when nobody listens, the one left for longest first', () => {
    const rooms = new HeardRooms();
    const [stays, left, left2] = ['stays', 'left', 'left2'].map((name) => rooms.add(roomOf(name)));
    if (stays) stays.guests = 1;
    // Somebody was in the first of them until now.
    if (left) rooms.add(left);
    for (let count = 0; count < 998; count++) rooms.add(roomOf(`r${count}`));
    expect([stays, left, left2].map((room) => rooms.get(room?.channel ?? '') !== undefined)).toEqual([
      true,
      true,
      false,
    ]);
  });
});
