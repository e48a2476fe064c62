/** Everything that decides what a listener hears. */
export interface PageFacts {
  /** Whether the browser has a network. */
  readonly isOnline: boolean;
  /**
   * The connection: `lost` tries again, `deaf` is open but nothing comes through, `refused` and `private` are what the
   * server says.
   */
  readonly connection: 'connecting' | 'live' | 'lost' | 'deaf' | 'refused' | 'private';
  /** Whether the server's time is still unknown after the machine slept. */
  readonly isCatchingUp: boolean;
  /** Whether this page is to play. */
  readonly wantsSound: boolean;
  /** Whether another tab of this browser plays. */
  readonly isElsewhere: boolean;
  /** What the audio device does: `blocked` until a press, `still` when its clock does not move. */
  readonly audio: 'running' | 'blocked' | 'interrupted' | 'still';
  readonly isMuted: boolean;
  /** Whether the listener wants nothing until tomorrow. */
  readonly isResting: boolean;
  /** Whether a phrase sounds now. */
  readonly isSounding: boolean;
}

/** What a listener hears, in one word, for styles and tests. */
export type StateName =
  | 'private'
  | 'refused'
  | 'offline'
  | 'lost'
  | 'deaf'
  | 'connecting'
  | 'asleep'
  | 'elsewhere'
  | 'press'
  | 'no-loudspeaker'
  | 'resting'
  | 'muted'
  | 'sounding'
  | 'quiet';

/** What a listener reads. */
export const stateWords: Readonly<Record<StateName, string>> = {
  private: 'private',
  refused: 'refused',
  offline: 'offline',
  lost: 'connection lost, trying again',
  deaf: 'connected, but nothing comes through',
  connecting: 'connecting',
  asleep: 'asleep, catching up',
  elsewhere: 'sounds in another tab',
  press: 'press to hear',
  'no-loudspeaker': 'no loudspeaker',
  resting: 'quiet until tomorrow',
  muted: 'muted',
  sounding: 'sounding',
  quiet: 'listening, quiet',
};

/** Names what a listener hears: the first reason for silence, or the sound. */
export function stateOf(facts: PageFacts): StateName {
  const { connection } = facts;
  if (connection === 'private' || connection === 'refused') return connection;
  if (!facts.isOnline) return 'offline';
  if (connection === 'lost' || connection === 'deaf' || connection === 'connecting') return connection;
  if (facts.isCatchingUp) return 'asleep';
  if (!facts.wantsSound) return facts.isElsewhere ? 'elsewhere' : 'press';
  if (facts.audio === 'blocked' || facts.audio === 'interrupted') return 'press';
  if (facts.audio === 'still') return 'no-loudspeaker';
  if (facts.isResting) return 'resting';
  if (facts.isMuted) return 'muted';
  return facts.isSounding ? 'sounding' : 'quiet';
}
