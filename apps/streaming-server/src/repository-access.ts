/** What a delivery says of a repository's privacy. */
export interface RepositoryPrivacy {
  readonly repoId: string;
  readonly repositoryId: number;
  readonly isPrivate: boolean;
  /** When it was so, by the payload's own clock: older news never undoes newer. */
  readonly occurredAt: number;
  /** The name that it had until now, when the news is that it has another. */
  readonly previousRepoId?: string;
}

/** What news of a repository means for those who listen to it. */
export interface Learned {
  /** Strangers who listen must leave. */
  readonly isClosed: boolean;
  /** The name under which they listen, when the repository has another one now. */
  readonly movedFrom?: string;
}

/** The form in which repository ids are compared: GitHub ignores case. */
export const roomOf = (repoId: string): string => repoId.toLowerCase();

/**
 * Knows who may listen to what, and what it is called: default deny for what is private, the operator's choice for what is
 * unknown. A repository is its number: an old name leads to it until another repository takes the name.
 */
export class RepositoryAccess {
  readonly #byNumber = new Map<number, RepositoryPrivacy>();
  /** Numbers by every name that they have or had. */
  readonly #numbers = new Map<string, number>();
  readonly #defaultAccess: 'public' | 'deny';
  readonly #alwaysPublic: ReadonlySet<string>;

  constructor({
    defaultAccess,
    alwaysPublic = [],
  }: { defaultAccess: 'public' | 'deny'; alwaysPublic?: readonly string[] }) {
    this.#defaultAccess = defaultAccess;
    this.#alwaysPublic = new Set(alwaysPublic.map(roomOf));
  }

  /** Takes news of a repository. */
  learn({ repoId, repositoryId, isPrivate, occurredAt, previousRepoId }: RepositoryPrivacy): Learned {
    const room = roomOf(repoId);
    const before = this.#byNumber.get(repositoryId);
    const isOld = before !== undefined && before.occurredAt > occurredAt;
    // News that it has moved counts whatever its clock says; other news under an old name comes late.
    if (isOld && previousRepoId === undefined) return { isClosed: false };
    const wasPrivate = before?.isPrivate === true;
    this.#byNumber.set(repositoryId, {
      repoId,
      repositoryId,
      isPrivate: isOld ? wasPrivate : isPrivate,
      occurredAt: Math.max(occurredAt, before?.occurredAt ?? 0),
    });
    const holder = this.#numbers.get(room);
    this.#numbers.set(room, repositoryId);
    if (previousRepoId !== undefined && !this.#numbers.has(roomOf(previousRepoId))) {
      this.#numbers.set(roomOf(previousRepoId), repositoryId);
    }
    const from = before?.repoId ?? previousRepoId;
    const isMoved = from !== undefined && roomOf(from) !== room && this.#numbers.get(roomOf(from)) === repositoryId;
    // Who listens under a name of another repository, or of one that was public until now, must leave.
    const isClosed = isPrivate && !isOld && (!wasPrivate || holder !== repositoryId);
    return { isClosed, ...(isMoved && { movedFrom: from }) };
  }

  /** The name that a number has now, where a delivery has told. */
  nameOf(repositoryId: number): string | undefined {
    return this.#byNumber.get(repositoryId)?.repoId;
  }

  /** A repository's name as it is now and as GitHub spells it, where a delivery has told; else as given. */
  spelling(repoId: string): string {
    return this.#known(repoId)?.repoId ?? repoId;
  }

  /**
   * Tells whether somebody without any token may listen.
   * @param repositoryId - What is asked for belongs to the repository with this number: another one of its name opens nothing.
   */
  isPublic(repoId: string, repositoryId?: number): boolean {
    if (this.#alwaysPublic.has(roomOf(repoId))) return true;
    const known = this.#known(repoId);
    if (known && repositoryId !== undefined && known.repositoryId !== repositoryId) return false;
    return known ? !known.isPrivate : this.#defaultAccess === 'public';
  }

  #known(repoId: string): RepositoryPrivacy | undefined {
    return this.#byNumber.get(this.#numbers.get(roomOf(repoId)) ?? 0);
  }
}
