import type { RepositoryFact } from '@bnc/github-webhooks';
import type { MusicGenerated } from './events.ts';

/** What a delivery, or a fact, says of a repository. */
export type RepositoryNews = Pick<
  RepositoryFact,
  'repoId' | 'repositoryId' | 'isPrivate' | 'occurredAt' | 'previousRepoId'
>;

/** What is known of a repository: the newest news of it. */
export type Repository = Omit<RepositoryNews, 'previousRepoId'>;

/** What news of a repository means for those who listen to it. */
export interface Learned {
  /** Strangers who listen under its name must leave. */
  readonly isClosed: boolean;
  /** The name under which they listen, when the repository has another one now. */
  readonly movedFrom?: string;
}

/** A phrase as history keeps it: never samples, they are made from the parameters again. */
export interface KeptPhrase {
  /** Id of the event that published it. */
  readonly eventId: string;
  readonly phrase: MusicGenerated;
  /** Id of the message that brought its sound, and when it starts; absent for what nobody has heard. */
  readonly messageId?: string;
  /** In epoch ms. */
  readonly startAt?: number;
}

/** Repositories that are heard in one room, by the room's name. */
export interface MergedRoom {
  /** What listeners ask for: a word without a slash. */
  readonly name: string;
  /** Names such as `owner/repo` or `owner/*`. */
  readonly repositories: readonly string[];
}

/** Phrases of a room that a listener who comes back may have missed: what a server recalls and the hub keeps. */
export const recentPhrases = 32;

/** A phrase that started longer ago than this is history: nobody is played it any more. */
export const hearableMs = 3_600_000;

/**
 * What lasts, whatever becomes of the log: names, privacy and phrases, in small tables of their own. A room is named by
 * its key: the number of its repository, or the name of a merged room.
 */
export interface Tables {
  /**
   * Takes news of a repository, in any order: older news, by its own clock, never undoes newer. A name leads to the
   * repository that has had it last, and an old name to its former holder until another takes it.
   */
  learn(news: RepositoryNews): Promise<Learned>;
  /** The repository with this number. */
  repository(repositoryId: number): Promise<Repository | undefined>;
  /** The repository that a name leads to; `name` in lower case. */
  named(name: string): Promise<Repository | undefined>;
  /** Every name that leads to a repository, in lower case. */
  namesOf(repositoryId: number): Promise<readonly string[]>;
  /** Tells whether a repository is private whose name, in lower case, is one of these or begins with one that ends in `/*`. */
  isAnyPrivate(names: readonly string[]): Promise<boolean>;
  /** Tells whether any repository is known with one of these names, as `isAnyPrivate` reads them. */
  isAnyKnown(names: readonly string[]): Promise<boolean>;
  /** Keeps a phrase. Again is the same. */
  keep(key: string, kept: Pick<KeptPhrase, 'eventId' | 'phrase'>): Promise<void>;
  /** Notes when a phrase that is kept sounds. */
  start(key: string, phraseId: string, sound: Required<Pick<KeptPhrase, 'messageId' | 'startAt'>>): Promise<void>;
  /** Phrases of a room, newest first. */
  phrases(key: string, options: { readonly limit: number; readonly before?: string }): Promise<readonly KeptPhrase[]>;
  /** One phrase of a room. */
  phrase(key: string, phraseId: string): Promise<KeptPhrase | undefined>;
  /** Merged rooms that an operator has made. */
  mergedRooms(): Promise<readonly MergedRoom[]>;
  /** Keeps a merged room, or forgets it where it has no repositories. */
  putMergedRoom(room: MergedRoom): Promise<void>;
  /** Forgets a repository, or a merged room's phrases. */
  forget(key: string): Promise<void>;
  /** True when they have been filled from a log of a release without them. */
  isFilled(): Promise<boolean>;
  setFilled(): Promise<void>;
  close(): void;
}
