import { type By, commitId, envelope, home, iso, type Json, linkTo, type Scene } from './payload-parts.ts';

interface Push extends By {
  readonly branch?: string;
  readonly tag?: string;
  /** New commits. Default 1, and 0 for a tag. */
  readonly commits?: number;
  /** Commits that come along and were in the repository before. */
  readonly known?: number;
  readonly message?: string;
  /** Name of the newest commit. */
  readonly after?: string;
  readonly before?: string;
  readonly created?: boolean;
  readonly deleted?: boolean;
  readonly forced?: boolean;
  /** True for what GitHub commits itself: a merge, an edit on its page. */
  readonly isByGitHub?: boolean;
}

interface Ref extends By {
  readonly branch?: string;
  readonly tag?: string;
}

interface RepositoryNews extends By {
  readonly action: string;
  readonly from?: string;
}

/** Payloads of the repository itself: its commits, branches and tags, its name and its stars. */
export const repositoryPayloads = {
  push(scene: Scene, fields: Push): Json {
    const { by, branch, tag, known = 0, created = false, deleted = false, forced = false, isByGitHub } = fields;
    const { commits = tag === undefined && !deleted ? 1 : 0, message = 'Purr louder' } = fields;
    const after = deleted ? '' : (fields.after ?? `${branch ?? tag} at ${scene.at}`);
    const before = created ? '' : (fields.before ?? `before ${after}`);
    const commit = (index: number, distinct: boolean): Json => ({
      id: commitId(`${after} ${index} ${distinct}`),
      distinct,
      message,
      added: [],
      removed: [],
      modified: [`src/file-${index}.ts`],
    });
    const committer = isByGitHub ? { name: 'GitHub', username: 'web-flow' } : { name: by, username: by };
    return {
      ref: tag === undefined ? `refs/heads/${branch}` : `refs/tags/${tag}`,
      before: commitId(before),
      after: commitId(after),
      created,
      deleted,
      forced,
      compare: linkTo(scene, `compare/${commitId(before).slice(0, 12)}...${commitId(after).slice(0, 12)}`),
      commits: [
        ...Array.from({ length: known }, (_, index) => commit(index, false)),
        ...Array.from({ length: commits }, (_, index) => commit(index, true)),
      ],
      head_commit: deleted ? null : { id: commitId(after), message, timestamp: iso(scene.at), committer },
      pusher: { name: by },
      ...envelope(scene, by),
    };
  },
  create: (scene: Scene, { by, branch, tag }: Ref): Json => ({
    ref: branch ?? tag,
    ref_type: branch === undefined ? 'tag' : 'branch',
    master_branch: home,
    ...envelope(scene, by),
  }),
  delete: (scene: Scene, { by, branch, tag }: Ref): Json => ({
    ref: branch ?? tag,
    ref_type: branch === undefined ? 'tag' : 'branch',
    ...envelope(scene, by),
  }),
  repository: (scene: Scene, { action, by, from }: RepositoryNews): Json => ({
    action,
    ...(from !== undefined && { changes: { repository: { name: { from } } } }),
    ...envelope(scene, by),
  }),
  star: (scene: Scene, { by }: By): Json => ({ action: 'created', starred_at: iso(scene.at), ...envelope(scene, by) }),
} as const;
