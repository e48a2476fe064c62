/** What happened to it: it chooses rhythm and direction. */
export type SignVerb =
  | 'added'
  | 'asked'
  | 'done'
  | 'approved'
  | 'refused'
  | 'created'
  | 'deleted'
  | 'moved'
  | 'said'
  | 'marked'
  | 'given'
  | 'called'
  | 'planned'
  | 'written'
  | 'queued'
  | 'begun'
  | 'stopped'
  | 'dropped'
  | 'came'
  | 'brokeOff'
  | 'sank'
  | 'alarmed';

/** One note of a verb: when it begins, in seconds, and its degree in the five notes of the room's home. */
type VerbNote = readonly [seconds: number, degree: number];

/**
 * Verbs: created goes up, deleted down; asked ends open, done comes home; failed breaks off. The three failures have three
 * rhythms that have nothing in common.
 */
export const verbs: Readonly<Record<SignVerb, readonly VerbNote[]>> = {
  added: [
    [0, 0],
    [0.18, 0],
    [0.27, 2],
  ],
  asked: [
    [0, 0],
    [0.36, 1],
    [0.48, 4],
  ],
  done: [
    [0, 4],
    [0.12, 2],
    [0.24, 1],
    [0.6, 0],
  ],
  approved: [
    [0, 2],
    [0.24, 4],
    [0.6, 5],
  ],
  refused: [
    [0, 3],
    [0.4, 1],
    [0.8, 1],
  ],
  created: [
    [0, 0],
    [0.15, 2],
    [0.3, 5],
  ],
  deleted: [
    [0, 5],
    [0.3, 0],
  ],
  moved: [
    [0, 2],
    [0.1, 3],
    [0.2, 2],
    [0.3, 3],
  ],
  said: [
    [0, 2],
    [0.22, 1],
  ],
  marked: [
    [0, 0],
    [0.12, 0],
    [0.24, 2],
  ],
  given: [
    [0, 0],
    [0.4, 3],
  ],
  called: [
    [0, 2],
    [0.2, 3],
    [0.4, 4],
  ],
  planned: [
    [0, 0],
    [0.5, 2],
    [1, 5],
  ],
  written: [
    [0, 4],
    [0.15, 3],
    [0.3, 2],
    [0.45, 3],
    [0.6, 4],
  ],
  queued: [
    [0, 5],
    [0.6, 3],
    [1.2, 2],
  ],
  begun: [
    [0, 0],
    [0.25, 0],
    [0.5, 0],
    [0.75, 1],
  ],
  stopped: [
    [0, 4],
    [0.25, 4],
    [0.5, 2],
  ],
  dropped: [
    [0, 2],
    [0.45, 0],
  ],
  came: [
    [0, 0],
    [0.3, 2],
  ],
  /** A red build: three quick knocks, a gap, a fall. */
  brokeOff: [
    [0, 0],
    [0.1, 0],
    [0.2, 0],
    [0.75, -5],
  ],
  /** A failed deployment: one long call that sinks. */
  sank: [
    [0, 2],
    [0.55, 0],
    [0.7, -2],
  ],
  /** A security alert: an even pulse, like steps. */
  alarmed: [
    [0, 0],
    [0.22, 0],
    [0.44, 0],
    [0.66, 0],
    [0.88, 0],
    [1.1, 0],
  ],
};
