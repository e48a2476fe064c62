import type { RepositoryFact } from '@bnc/github-webhooks';
import type { RoomSettings } from '@bnc/music-engine';
import type { MusicGenerated } from './events.ts';

/** What a delivery, or a fact, says about a repository. */
export type RepositoryNews = Pick<
  RepositoryFact,
  'repoId' | 'repositoryId' | 'isPrivate' | 'occurredAt' | 'previousRepoId'
> & {
  /** True when it was deleted, or the app was uninstalled: nobody but the operator hears it until newer news comes. */
  readonly isRemoved?: boolean;
};

/** What is known about a repository: the newest news of it. */
export type Repository = Omit<RepositoryNews, 'previousRepoId'>;

/** What news of a repository means for its listeners. */
export interface Learned {
  /** True when some of those who listen under its name must leave. */
  readonly isClosed: boolean;
  /** The name under which they listen, if the repository has another name now. */
  readonly movedFrom?: string;
}

/** A phrase as the history keeps it: without samples, which are rendered from the parameters again. */
export interface KeptPhrase {
  /** Id of the event that published it. */
  readonly eventId: string;
  readonly phrase: MusicGenerated;
  /** Id of the message that brought its sound; absent while nobody has heard the phrase. */
  readonly messageId?: string;
  /** When it starts, in epoch ms; absent while nobody has heard the phrase. */
  readonly startAt?: number;
}

/** How a phrase began to sound. */
export type PhraseStart = Required<Pick<KeptPhrase, 'messageId' | 'startAt'>>;

/** A span of time in epoch ms, both ends included, and the most phrases of it that are wanted. */
export interface PhraseSpan {
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

/**
 * Reads a phrase as the tables keep it: one that was published with its start sounds from the event that published it.
 */
export function keptPhrase(
  { eventId, phrase }: Pick<KeptPhrase, 'eventId' | 'phrase'>,
  start?: PhraseStart,
): KeptPhrase {
  const { startAt } = phrase;
  return { eventId, phrase, ...(startAt === undefined ? start : { messageId: eventId, startAt }) };
}

/** Repositories that are heard in one room, by the room's name. */
export interface MergedRoom {
  /** What listeners ask for: a word without a slash. */
  readonly name: string;
  /** Names such as `owner/repo` or `owner/*`. */
  readonly repositories: readonly string[];
}

/** Phrases of a room that a returning listener may have missed: a server recalls this many, and the hub keeps them. */
export const recentPhrases = 32;

/** A phrase that started longer ago than this, in ms, is history: it is not sent to listeners any more. */
export const hearableMs = 3_600_000;

/**
 * Keeps names, privacy and phrases in small tables, which last whatever becomes of the log. A room is named by its key:
 * the number of its repository, or the name of a merged room.
 */
export interface Tables {
  /**
   * Takes news of a repository, in any order: older news, by its own clock, never undoes newer news. A name leads to
   * the repository that had it last, and an old name to its former holder until another repository takes it.
   */
  learn(news: RepositoryNews): Promise<Learned>;
  /** Returns the repository with this number. */
  repository(repositoryId: number): Promise<Repository | undefined>;
  /** Returns the repository that a name leads to; `name` is in lower case. */
  named(name: string): Promise<Repository | undefined>;
  /** Returns repositories in the order of their names in lower case, those after `after`. */
  repositories(options: { readonly limit: number; readonly after?: string }): Promise<readonly Repository[]>;
  /** Returns every name that leads to a repository, in lower case. */
  namesOf(repositoryId: number): Promise<readonly string[]>;
  /**
   * Returns the numbers of the private repositories with one of these names, in lower case; `owner/*` is all of an
   * owner.
   */
  privateNumbers(names: readonly string[]): Promise<readonly number[]>;
  /** Tells whether any repository with one of these names is known. Names are as for `privateNumbers`. */
  isAnyKnown(names: readonly string[]): Promise<boolean>;
  /** Keeps a phrase. Keeping it again changes nothing. */
  keep(key: string, kept: Pick<KeptPhrase, 'eventId' | 'phrase'>): Promise<void>;
  /** Notes when a kept phrase starts, if it was published without its start. */
  start(key: string, phraseId: string, start: PhraseStart): Promise<void>;
  /** Returns phrases of a room, newest first. */
  phrases(key: string, options: { readonly limit: number; readonly before?: string }): Promise<readonly KeptPhrase[]>;
  /** Returns phrases of a room that were decided in a span, both ends included, oldest first. */
  phrasesBetween(key: string, span: PhraseSpan): Promise<readonly KeptPhrase[]>;
  /** Returns one phrase of a room. */
  phrase(key: string, phraseId: string): Promise<KeptPhrase | undefined>;
  /** Returns the merged rooms that an operator has made. */
  mergedRooms(): Promise<readonly MergedRoom[]>;
  /** Keeps a merged room, or deletes it if it has no repositories. */
  putMergedRoom(room: MergedRoom): Promise<void>;
  /** Returns what the operator has chosen for a room. */
  settings(key: string): Promise<RoomSettings>;
  /** Keeps what the operator has chosen for a room, instead of what was chosen before. */
  putSettings(key: string, settings: RoomSettings): Promise<void>;
  /** Forgets a repository, its phrases and its settings, or the phrases and the settings of a merged room. */
  forget(key: string): Promise<void>;
  /** Returns the secret that all servers with these tables share: the one that was kept first, or else `made`. */
  sharedSecret(made: string): Promise<string>;
  /** Tells whether the tables were filled from the log of a release without them. */
  isFilled(): Promise<boolean>;
  setFilled(): Promise<void>;
  close(): void;
}
