import type { EpochMs } from '@bnc/contracts';
import type { Payload } from './documented.ts';
import type { DeliveryContext } from './normalize-activity.ts';
import { isRepoId, type RepositoryFields, readRepository } from './repository.ts';
import { isObject, items, type Listed, text, time } from './untrusted.ts';

/** Changes of a repository that decide who may listen to it, and under which name. */
export type RepositoryFactKind =
  | 'privatized'
  | 'publicized'
  | 'renamed'
  | 'transferred'
  | 'deleted'
  | 'installed'
  | 'uninstalled';

/**
 * A change that decides who may listen to a repository, and under which name. Facts come again with every redelivery
 * and in any order: keep the one with the latest `occurredAt`.
 */
export interface RepositoryFact {
  /** What changed. `installed` and `uninstalled`: a GitHub App gained or lost access to the repository. */
  readonly kind: RepositoryFactKind;
  /** GitHub's numeric id, which stays the same through renames and transfers. */
  readonly repositoryId: number;
  /** `owner/repo` from now on. */
  readonly repoId: string;
  /**
   * `owner/repo` until now, for `renamed` and `transferred`: the name that was known for the id, or else the name in
   * the payload. Absent when the new name was known already: a repository that is moved and renamed in one go sends two
   * facts.
   */
  readonly previousRepoId?: string;
  /** True when strangers may not hear it from now on. */
  readonly isPrivate: boolean;
  /**
   * When it happened, by the payload's time, but never later than it was received. When it was received, if the payload
   * has no time, and for `deleted` and `uninstalled`.
   */
  readonly occurredAt: EpochMs;
  /** Id of the delivery that reported it. */
  readonly deliveryId: string;
}

const kinds = new Map<string, RepositoryFactKind>([
  ['repository.privatized', 'privatized'],
  ['repository.publicized', 'publicized'],
  ['public.', 'publicized'],
  ['repository.renamed', 'renamed'],
  ['repository.transferred', 'transferred'],
  ['repository.deleted', 'deleted'],
  ['installation.created', 'installed'],
  ['installation.unsuspend', 'installed'],
  ['installation.suspend', 'uninstalled'],
  ['installation.deleted', 'uninstalled'],
  ['installation_repositories.added', 'installed'],
  ['installation_repositories.removed', 'uninstalled'],
]);

type Payloads = Payload<'repository'> & Payload<'installation'> & Payload<'installation_repositories'>;

/**
 * Reads the changes of repositories that a delivery reports.
 * @param formerName - the name that the repository had until now, if known
 * @throws {WebhookError} `WEBHOOK_REPOSITORY_INVALID`
 */
export function readRepositoryFacts(
  event: string,
  body: object,
  { deliveryId, receivedAt }: DeliveryContext,
  formerName?: string,
): readonly RepositoryFact[] {
  const payload: Payloads = body;
  const kind = kinds.get(`${event}.${text(payload.action)}`);
  if (!kind) return [];
  const repositories: readonly RepositoryFields[] = event.startsWith('installation')
    ? [
        ...listed(payload.repositories),
        ...listed(kind === 'installed' ? payload.repositories_added : payload.repositories_removed),
      ]
    : payload.repository
      ? [payload.repository]
      : [];
  const at = time(event.startsWith('installation') ? payload.installation?.updated_at : payload.repository?.updated_at);
  return repositories.flatMap((entry): RepositoryFact[] => {
    const repository = readRepository(entry);
    if (!repository) return [];
    const isEnd = kind === 'uninstalled' || kind === 'deleted';
    const isMoved = kind === 'renamed' || kind === 'transferred';
    const before = isMoved ? (formerName ?? previousNameOf(payload, repository.repoId)) : undefined;
    const previousRepoId = before === repository.repoId ? undefined : before;
    return [
      {
        kind,
        ...repository,
        isPrivate: kind === 'privatized' || repository.isPrivate,
        ...(previousRepoId !== undefined && { previousRepoId }),
        // What is gone has the time of its last change, not of its end.
        occurredAt: isEnd || at === undefined ? receivedAt : Math.min(at, receivedAt),
        deliveryId,
      },
    ];
  });
}

function previousNameOf(payload: Payloads, repoId: string): string | undefined {
  const [owner = '', name = ''] = repoId.split('/');
  const { from } = payload.changes?.owner ?? {};
  const before =
    payload.action === 'renamed'
      ? `${owner}/${text(payload.changes?.repository?.name?.from)}`
      : `${text(from?.user?.login ?? from?.organization?.login)}/${name}`;
  return isRepoId(before) && before !== repoId ? before : undefined;
}

/** Reads the repositories that an app lists. Leaves out malformed ones, as the others still matter. */
function listed(list: Listed<RepositoryFields> | undefined): readonly RepositoryFields[] {
  return items(list).filter(
    (entry): entry is RepositoryFields => isObject(entry) && isRepoId(text(entry.full_name)) && Number(entry.id) > 0,
  );
}
