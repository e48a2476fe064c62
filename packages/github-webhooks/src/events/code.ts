import { firstLine, items, type Listed, type Scalar, text } from '../untrusted.ts';
import type { Chapters, Story } from './story.ts';

type CodeEvent = 'push' | 'create' | 'delete' | 'commit_comment' | 'gollum' | 'fork' | 'merge_group';

interface Commit {
  readonly added?: Listed<Scalar>;
  readonly removed?: Listed<Scalar>;
  readonly modified?: Listed<Scalar>;
}

/** Far beyond what makes a difference, and little enough to count within a millisecond or two. */
const MAX_COUNTED_FILES = 10_000;

/** Counts distinct files, at most {@link MAX_COUNTED_FILES}. */
const touchedFiles = (commits: readonly (Commit | undefined)[]): number => {
  const files = new Set<string>();
  for (const commit of commits) {
    for (const paths of [commit?.added, commit?.removed, commit?.modified]) {
      for (const path of items(paths)) {
        if (typeof path === 'string') files.add(path);
        if (files.size === MAX_COUNTED_FILES) return files.size;
      }
    }
  }
  return files.size;
};

const refName = (ref: Scalar): string => text(ref).replace(/^refs\/(?:heads|tags)\//, '');
const refKind = (ref: Scalar): string => (text(ref).startsWith('refs/tags/') ? 'tag' : 'branch');
const shortId = (sha: Scalar): string => text(sha).slice(0, 7);

const TEN_MINUTES = 600_000;

/**
 * A branch or tag that comes or goes is told by `push` and by `create` or `delete`. Only the time of the push tells a
 * second life of the same name from the first; it is taken roughly, as the two may be written a second apart.
 */
const refStory = (done: 'Created' | 'Deleted', kind: string, name: string, pushedAt: Scalar): Story => {
  const at = typeof pushedAt === 'number' ? pushedAt * 1000 : Date.parse(text(pushedAt));
  return {
    title: `${done} ${kind} ${name}`,
    action: done.toLowerCase(),
    at: pushedAt,
    sameAs: ['ref', done, kind, name, Math.round(at / TEN_MINUTES)],
  };
};

/** Code itself: pushes, branches and tags, forks, wiki pages, the merge queue. */
export const CODE: Chapters<CodeEvent> = {
  push: {
    actions: { '': 'Pushed' },
    tell(payload) {
      const commits = items(payload.commits);
      const name = refName(payload.ref);
      const pushedAt = payload.repository?.pushed_at;
      if (payload.deleted === true) return refStory('Deleted', refKind(payload.ref), name, pushedAt);
      if (payload.created === true && commits.length === 0) {
        return { ...refStory('Created', refKind(payload.ref), name, pushedAt), url: payload.compare };
      }
      const forced = payload.forced === true;
      const last = firstLine(payload.head_commit?.message);
      const amount = commits.length === 1 ? '1 commit' : `${commits.length} commits`;
      return {
        title: `${forced ? 'Force-pushed' : 'Pushed'} ${amount} to ${name}${last && `: ${last}`}`,
        url: payload.compare,
        at: pushedAt ?? payload.head_commit?.timestamp,
        commits: commits.length,
        files: touchedFiles(commits),
        ...(forced && { forced }),
        sameAs: ['push', payload.ref, payload.before, payload.after],
      };
    },
  },
  create: {
    actions: { '': 'Created' },
    tell: ({ ref_type, ref, repository }) => refStory('Created', text(ref_type), text(ref), repository?.pushed_at),
  },
  delete: {
    actions: { '': 'Deleted' },
    tell: ({ ref_type, ref, repository }) => refStory('Deleted', text(ref_type), text(ref), repository?.pushed_at),
  },
  commit_comment: {
    actions: { created: 'Commented on' },
    tell: ({ comment }, verb) => ({
      title: `${verb} commit ${shortId(comment?.commit_id)}`,
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
        url: first?.html_url,
        at: repository?.updated_at,
        files: edited.length,
        sameAs: ['wiki', ...edited.slice(0, 20).flatMap((page) => [page?.page_name, page?.sha])],
      };
    },
  },
  fork: {
    actions: { '': 'Forked' },
    tell: ({ forkee }, verb) => ({
      title: forkee?.private === false ? `${verb} to ${text(forkee?.full_name)}` : verb,
      url: forkee?.private === false ? forkee?.html_url : undefined,
      at: forkee?.created_at,
      sameAs: ['fork', forkee?.id],
    }),
  },
  merge_group: {
    actions: { checks_requested: 'Queued', destroyed: 'Took off the queue' },
    tell: ({ action, merge_group }, verb) => ({
      title: `${verb} for merging into ${refName(merge_group?.base_ref)}: ${firstLine(merge_group?.head_commit?.message)}`,
      at: merge_group?.head_commit?.timestamp,
      sameAs: ['merge group', action, merge_group?.head_sha],
    }),
  },
};
