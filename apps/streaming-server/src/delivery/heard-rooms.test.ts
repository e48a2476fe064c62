import { expect, test } from 'vitest';
import { HeardRoom } from './heard-room.ts';
import { HeardRooms } from './heard-rooms.ts';

function roomOf(channel: string): HeardRoom {
  return new HeardRoom({ channel, key: '1', name: channel, isPublic: true });
}

test('rooms without listeners are forgotten, the one that was left first before the others', () => {
  const rooms = new HeardRooms();
  const [stays, left, left2] = ['stays', 'left', 'left2'].map((name) => rooms.add(roomOf(name)));
  stays?.enter('json');
  // The first of them had a listener until now.
  if (left) rooms.add(left);
  for (let count = 0; count < 998; count++) rooms.add(roomOf(`r${count}`));
  expect([stays, left, left2].map((room) => rooms.get(room?.channel ?? '') !== undefined)).toEqual([true, true, false]);
  expect(rooms.heard()).toEqual([stays]);
});

test('a room counts its listeners by variant', () => {
  const room = roomOf('octo/cat');
  expect([room.enter('json'), room.enter('json'), room.enter('flac')]).toEqual([true, false, true]);
  for (const variant of ['json', 'flac', 'flac']) room.leave(variant);
  expect([...room.variants]).toEqual([['json', 1]]);
});
