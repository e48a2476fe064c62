import { expect, test } from 'vitest';
import { type PageFacts, stateOf } from './state-word.ts';

const sounding: PageFacts = {
  isOnline: true,
  connection: 'live',
  isCatchingUp: false,
  wantsSound: true,
  isElsewhere: false,
  audio: 'running',
  isMuted: false,
  isResting: false,
  isSounding: true,
};

test.each<[string, Partial<PageFacts>]>([
  ['sounding', {}],
  ['quiet', { isSounding: false }],
  ['muted', { isMuted: true }],
  ['resting', { isMuted: true, isResting: true }],
  ['no-loudspeaker', { audio: 'still', isMuted: true }],
  ['press', { audio: 'blocked' }],
  ['press', { audio: 'interrupted' }],
  ['press', { wantsSound: false, isSounding: false }],
  ['elsewhere', { wantsSound: false, isElsewhere: true }],
  ['asleep', { isCatchingUp: true }],
  ['connecting', { connection: 'connecting', isCatchingUp: true }],
  ['lost', { connection: 'lost', wantsSound: false }],
  ['deaf', { connection: 'deaf' }],
  ['offline', { connection: 'lost', isOnline: false }],
  ['refused', { connection: 'refused', isOnline: false }],
  ['private', { connection: 'private', wantsSound: false }],
])('the page says %s, one word at a time, the first reason for silence before all others', (word, facts) => {
  expect(stateOf({ ...sounding, ...facts })).toBe(word);
});
