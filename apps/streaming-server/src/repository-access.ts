/** What a delivery says of a repository's privacy. */
export interface RepositoryPrivacy {
  readonly repoId: string;
  readonly repositoryId: number;
  readonly isPrivate: boolean;
  /** When it was so, by the payload's own clock: older news never undoes newer. */
  readonly occurredAt: number;
}

/** The form in which repository ids are compared: GitHub ignores case. */
export const roomOf = (repoId: string): string => repoId.toLowerCase();

/** Knows who may listen to what: default deny for what is private, the operator's choice for what is unknown. */
export class RepositoryAccess {
  readonly #known = new Map<string, RepositoryPrivacy>();
  readonly #defaultAccess: 'public' | 'deny';
  readonly #alwaysPublic: ReadonlySet<string>;

  constructor({
    defaultAccess,
    alwaysPublic = [],
  }: { defaultAccess: 'public' | 'deny'; alwaysPublic?: readonly string[] }) {
    this.#defaultAccess = defaultAccess;
    this.#alwaysPublic = new Set(alwaysPublic.map(roomOf));
  }

  /** Takes news of a repository; answers true when strangers who listen now must leave. */
  learn(news: RepositoryPrivacy): boolean {
    const room = roomOf(news.repoId);
    const before = this.#known.get(room);
    if (before && before.occurredAt > news.occurredAt && before.repositoryId === news.repositoryId) return false;
    this.#known.set(room, news);
    return news.isPrivate && before?.isPrivate !== true;
  }

  /** A repository's name as GitHub spells it, where a delivery has told; else as given. */
  spelling(repoId: string): string {
    return this.#known.get(roomOf(repoId))?.repoId ?? repoId;
  }

  /**
   * Tells whether somebody without any token may listen.
   * @param repositoryId - What is asked for belongs to the repository with this number: another one of its name opens nothing.
   */
  isPublic(repoId: string, repositoryId?: number): boolean {
    const room = roomOf(repoId);
    if (this.#alwaysPublic.has(room)) return true;
    const known = this.#known.get(room);
    if (known && repositoryId !== undefined && known.repositoryId !== repositoryId) return false;
    return known ? !known.isPrivate : this.#defaultAccess === 'public';
  }
}
