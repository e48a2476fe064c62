import type { InstrumentName } from '@bnc/contracts';

/** What a sign is about: it chooses timbre, register and side. */
export type SignObject = 'code' | 'talk' | 'build' | 'ship' | 'branch' | 'people' | 'security';

/** How an object sounds. */
export interface SignVoice {
  /** In words, for reasons. */
  readonly words: string;
  readonly instrument: InstrumentName;
  /** Place between the speakers: -1 left, 1 right. */
  readonly pan: number;
  /** MIDI note near which degree 0 lies. */
  readonly register: number;
}

/**
 * Objects. Timbre, register and place are what tells signs apart first, rhythm next, pitch last (Brewster, Wright & Edwards,
 * "Guidelines for the creation of earcons", 1995).
 */
export const objects: Readonly<Record<SignObject, SignVoice>> = {
  code: { words: 'a plucked sign on the left', instrument: 'pluck', pan: -0.47, register: 72 },
  talk: { words: 'a reed in the middle', instrument: 'reed', pan: 0, register: 67 },
  build: { words: 'a mallet on the right', instrument: 'marimba', pan: 0.47, register: 74 },
  ship: { words: 'soft brass', instrument: 'brass', pan: 0.25, register: 60 },
  branch: { words: 'a bell', instrument: 'bell', pan: -0.3, register: 77 },
  people: { words: 'a cat', instrument: 'trill', pan: -0.4, register: 76 },
  security: { words: 'a low drum', instrument: 'drum', pan: 0, register: 47 },
};
