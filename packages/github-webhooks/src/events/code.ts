import { by } from '../senders.ts';
import { firstLine, items, type Listed, type Scalar, text, whole } from '../untrusted.ts';
import { type Chapters, type Story, silent } from './story.ts';

type CodeEvent =
  | 'push'
  | 'create'
  | 'delete'
  | 'commit_comment'
  | 'gollum'
  | 'fork'
  | 'merge_group'
  | 'branch_protection_rule'
  | 'repository_ruleset';

interface Commit {
  readonly distinct?: Scalar;
  readonly added?: Listed<Scalar>;
  readonly removed?: Listed<Scalar>;
  readonly modified?: Listed<Scalar>;
}

/** More files than make a difference, and few enough to count within a millisecond or two. */
const maxCountedFiles = 10_000;

/** Branches that GitHub's merge queue makes, builds and deletes on its own. */
export function isQueueBranch(branch: Scalar): boolean {
  return text(branch).startsWith('gh-readonly-queue/');
}

/** The pull request that a branch of the merge queue is for. */
function queuedPull(ref: Scalar): string | undefined {
  return /\/pr-(\d{1,10})-/.exec(text(ref).slice(0, 500))?.[1];
}

/** The message that GitHub's page and `git merge` write when they merge another branch in. */
const mergedInPattern = /^Merge (?:remote-tracking )?branch '([^']{1,200})'(?: of \S{1,200})? into \S/;
const pullPattern = /^Merge pull request #(\d{1,10}) |\(#(\d{1,10})\)$/;

interface Ref {
  readonly done: 'Created' | 'Deleted';
  readonly kind: string;
  readonly name: string;
  readonly pushedAt: Scalar;
  readonly sender: Parameters<typeof by>[1];
}

/** A branch or tag that is created or deleted: `push` reports it, and so does `create` or `delete`. */
function refStory({ done, kind, name, pushedAt, sender }: Ref): Story | undefined {
  if (isQueueBranch(name)) return undefined;
  const isTag = kind === 'tag';
  const words = isTag ? [`tags/${name}`, by('tags', sender)] : [`created heads/${name}`, `new heads/${name}`];
  return {
    title: `${done} ${kind} ${name}`,
    action: done.toLowerCase(),
    subject: `${isTag ? 'tags' : 'heads'}/${name}`,
    ...(!isTag && { branch: name }),
    at: pushedAt,
    ties: { joins: done === 'Created' ? words : [`deleted ${isTag ? 'tags' : 'heads'}/${name}`], waits: 'long' },
  };
}

/** Returns the title of a push, and its action if it does more than add commits. */
function pushWords({
  name,
  isForced,
  isHome,
  commits,
  known,
  after,
  message,
}: {
  name: string;
  isForced: boolean;
  /** True on the default branch. */
  isHome: boolean;
  commits: number;
  known: number;
  after: Scalar;
  message: string;
}): Pick<Story, 'title' | 'action'> {
  if (name === 'gh-pages' && !isHome) return { title: 'Published to gh-pages', action: 'published' };
  if (isForced) {
    const action = isHome ? 'rewritten' : 'rebased';
    if (commits === 0) return { title: `Reset ${name} to ${shortId(after)}`, action };
    return {
      title: isHome
        ? `Force-pushed ${amount(commits, 'commit')} to ${name}${message && `: ${message}`}`
        : `Rebased ${name} (${amount(commits, 'commit')})`,
      action,
    };
  }
  if (commits === 0 && known === 0) return { title: `Moved ${name} to ${shortId(after)}`, action: 'forwarded' };
  if (commits === 0) {
    return {
      title: `Moved ${name} forward to ${shortId(after)} (${amount(known, 'known commit')})`,
      action: 'forwarded',
    };
  }
  const merged = mergedInPattern.exec(message)?.[1];
  if (merged !== undefined && commits <= 1) {
    return { title: `Merged ${merged} into ${name} (${commits} new)`, action: 'updated' };
  }
  const brought = known > 0 ? ` (${known} known)` : '';
  return { title: `Pushed ${amount(commits, 'commit')} to ${name}${brought}${message && `: ${message}`}` };
}

/** Code: pushes, branches and tags, forks, wiki pages, the merge queue, and which branches are protected. */
export const codeChapters: Chapters<CodeEvent> = {
  push: {
    actions: { '': 'Pushed' },
    tell(payload) {
      const { ref, before, after, created, deleted, repository, sender, head_commit: head } = payload;
      const isTag = text(ref).startsWith('refs/tags/');
      const name = refName(ref);
      const pushedAt = repository?.pushed_at;
      const listed = items(payload.commits);
      const fresh = listed.filter((commit) => commit?.distinct !== false);
      const known = listed.length - fresh.length;
      const comesOrGoes = { kind: isTag ? 'tag' : 'branch', name, pushedAt, sender };
      if (isQueueBranch(name)) return undefined;
      if (deleted === true) return refStory({ done: 'Deleted', ...comesOrGoes });
      const isNew = created === true || /^0{40,64}$/.test(text(before));
      if (isNew && (isTag || fresh.length === 0)) {
        const story = refStory({ done: 'Created', ...comesOrGoes });
        return story && { ...story, url: payload.compare };
      }
      if (isTag) {
        return {
          title: `Moved tag ${name}`,
          action: 'moved',
          subject: `tags/${name}`,
          url: payload.compare,
          at: pushedAt,
          ties: { joins: [`tags/${name}`, by('tags', sender)], waits: 'long' },
        };
      }
      const message = firstLine(head?.message);
      const isForced = payload.forced === true;
      const home = text(repository?.default_branch) || text(repository?.master_branch);
      const words = pushWords({
        name,
        isForced,
        isHome: name === home,
        commits: fresh.length,
        known,
        after,
        message,
      });
      const [, merge, squash] = pullPattern.exec(message) ?? [];
      const pull = merge ?? squash;
      const isByGitHub = text(head?.committer?.username) === 'web-flow' || head?.committer?.name === 'GitHub';
      // GitHub's page makes one commit at a time, so several commits by GitHub are a merge.
      const isMerge = isByGitHub && !isForced && (pull !== undefined || listed.length > 1);
      return {
        ...words,
        subject: `heads/${name}`,
        branch: name,
        url: payload.compare,
        at: pushedAt ?? head?.timestamp,
        commits: fresh.length,
        knownCommits: known,
        files: touchedFiles(fresh),
        ...(isForced && { forced: true }),
        ties: {
          absorbs: [`created heads/${name}`, `update to ${text(after)}`],
          joins: [
            `commit ${text(after)}`,
            ...(isNew ? [`new heads/${name}`] : []),
            ...(pull === undefined || isForced ? [] : [`merge of ${pull}`]),
          ],
          // GitHub itself commits merges. It also commits edits on its page, and people wait to hear those.
          ...(isMerge ? { waits: 'long' } : isNew || (isByGitHub && !isForced) ? { waits: 'short' } : {}),
        },
      };
    },
  },
  create: {
    actions: { '': 'Created' },
    tell: ({ ref_type, ref, repository, sender }) =>
      refStory({ done: 'Created', kind: text(ref_type), name: text(ref), pushedAt: repository?.pushed_at, sender }),
  },
  delete: {
    actions: { '': 'Deleted' },
    tell: ({ ref_type, ref, repository, sender }) =>
      refStory({ done: 'Deleted', kind: text(ref_type), name: text(ref), pushedAt: repository?.pushed_at, sender }),
  },
  commit_comment: {
    actions: { created: 'Commented on' },
    tell: ({ comment }, verb) => ({
      title: `${verb} commit ${shortId(comment?.commit_id)}`,
      subject: `commit/${shortId(comment?.commit_id)}`,
      url: comment?.html_url,
      at: comment?.created_at,
    }),
  },
  gollum: {
    actions: { '': 'Edited' },
    tell({ pages, repository }, verb) {
      const edited = items(pages);
      const [first] = edited;
      const amount = edited.length === 1 ? 'wiki page' : `${edited.length} wiki pages:`;
      return {
        title: `${verb} ${amount} ${text(first?.title)}`,
        subject: 'wiki',
        url: first?.html_url,
        at: repository?.updated_at,
        files: edited.length,
      };
    },
  },
  fork: {
    actions: { '': 'Forked' },
    tell: ({ forkee }, verb) => ({
      title: forkee?.private === false ? `${verb} to ${text(forkee?.full_name)}` : verb,
      url: forkee?.private === false ? forkee?.html_url : undefined,
      at: forkee?.created_at,
    }),
  },
  merge_group: {
    // A group is destroyed when it has merged, or to be made again. `pull_request` reports what leaves the queue.
    actions: { checks_requested: 'Queued', destroyed: null },
    tell({ merge_group: group }, verb) {
      const pull = queuedPull(group?.head_ref);
      return {
        title: `${verb} for merging into ${refName(group?.base_ref)}: ${firstLine(group?.head_commit?.message)}`,
        ...(pull !== undefined && { subject: `pull/${pull}` }),
        branch: refName(group?.base_ref),
        ...(pull !== undefined && { ties: { joins: [`queue of pull/${pull}`], waits: 'long' } }),
      };
    },
  },
  branch_protection_rule: {
    actions: { created: 'Protected', edited: 'Protected', deleted: 'No longer protected' },
    tell: ({ action, rule }) =>
      silent({
        protection: {
          source: `rule ${whole(rule?.id) ?? text(rule?.name).slice(0, 200)}`,
          branches: action === 'deleted' ? [] : [text(rule?.name).slice(0, 200)],
        },
      }),
  },
  repository_ruleset: {
    actions: { created: 'Protected', edited: 'Protected', deleted: 'No longer protected' },
    tell({ action, repository_ruleset: ruleset, repository }) {
      const home = text(repository?.default_branch);
      const isActive = action !== 'deleted' && ruleset?.enforcement === 'active' && ruleset.target !== 'tag';
      const included = items(ruleset?.conditions?.ref_name?.include);
      const named = (names: readonly Scalar[]): string[] =>
        names
          .slice(0, 25)
          .map((name) => (name === '~DEFAULT_BRANCH' ? home : name === '~ALL' ? '**' : refName(name)).slice(0, 200))
          .filter((name) => name !== '');
      return silent({
        protection: {
          source: `ruleset ${Number(ruleset?.id) || 0}`,
          branches: isActive
            ? [...named(included), ...named(items(ruleset.conditions?.ref_name?.exclude)).map((name) => `!${name}`)]
            : [],
        },
      });
    },
  },
};

/** Counts distinct files, at most {@link maxCountedFiles}. */
function touchedFiles(commits: readonly (Commit | undefined)[]): number {
  const files = new Set<string>();
  for (const commit of commits) {
    for (const paths of [commit?.added, commit?.removed, commit?.modified]) {
      for (const path of items(paths)) {
        if (typeof path === 'string') files.add(path);
        if (files.size === maxCountedFiles) return files.size;
      }
    }
  }
  return files.size;
}

function refName(ref: Scalar): string {
  return text(ref).replace(/^refs\/(?:heads|tags)\//, '');
}

function shortId(sha: Scalar): string {
  return text(sha).slice(0, 7);
}

function amount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
