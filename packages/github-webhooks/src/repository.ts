import { WebhookError } from './errors.ts';
import { text, whole } from './untrusted.ts';

/** An owner of ≤ 39 characters and a name of ≤ 100 that is neither `.` nor `..`, as GitHub allows them. */
const repoIdPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,38}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/;

/** The repository of a delivery, checked. */
export interface DeliveredRepository {
  readonly repositoryId: number;
  readonly repoId: string;
  readonly isPrivate: boolean;
}

/** A repository as payloads have it: each field may be missing or of another type. */
export interface RepositoryFields {
  readonly id?: unknown;
  readonly full_name?: unknown;
  readonly private?: unknown;
}

/**
 * Returns whether a text is `owner/repo` as GitHub allows it. Use this one check for all repository names. GitHub
 * ignores case in names, so ignore it when you compare them.
 */
export function isRepoId(value: string): boolean {
  return repoIdPattern.test(value);
}

/**
 * Reads the repository of a payload; returns undefined when the payload has none. Only `private: false` makes a
 * repository public: any other value counts as private.
 * @throws {WebhookError} `WEBHOOK_REPOSITORY_INVALID` when the repository has no numeric id, or a name that GitHub does
 * not allow
 */
export function readRepository(repository: RepositoryFields | null | undefined): DeliveredRepository | undefined {
  if (repository === undefined || repository === null) return undefined;
  const repositoryId = whole(repository.id);
  const repoId = text(repository.full_name);
  if (!repositoryId || !isRepoId(repoId)) {
    throw new WebhookError(
      'WEBHOOK_REPOSITORY_INVALID',
      'repository.id must be a whole number ≥ 1 and repository.full_name owner/repo as GitHub allows it.',
    );
  }
  return { repositoryId, repoId, isPrivate: repository.private !== false };
}
