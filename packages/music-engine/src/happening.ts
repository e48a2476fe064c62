import type { ActivityOutcome, CatName, Emotion, Gesture, GitHubActivity, NormalRange } from '@bnc/contracts';
import { clamp, round } from './numbers.ts';

/** What an activity means for the music. */
export interface Happening {
  /** Short name of what happened, the same for every one of its kind. */
  readonly name: string;
  /** What happened, in words with numbers. */
  readonly words: string;
  readonly emotion: Emotion;
  readonly gesture: Gesture;
  /** How strong it is without its size. */
  readonly intensity: NormalRange;
  /** Cats that stand for it. */
  readonly cats: readonly CatName[];
  /** Whole bars without its size, 1-3. */
  readonly bars: number;
  /** MIDI note an octave under the one near which the lead's home note lies; size moves it up by up to 4 semitones. */
  readonly register: number;
  /** Added to the emotion's note density. */
  readonly density: number;
  /** True for what happens all the time: its size makes it no bigger. */
  readonly isRoutine: boolean;
}

/** Words for which GitHub has another one: the other end of a link between issues, the older name of an event. */
const synonyms: Readonly<Record<string, string>> = {
  registry_package: 'package',
  parent_issue_added: 'sub_issue_added',
  parent_issue_removed: 'sub_issue_removed',
  blocking_added: 'blocked_by_added',
  blocking_removed: 'blocked_by_removed',
};

/** Pushes that bring nothing new: everyday work. */
const routinePushes: Readonly<Record<string, string>> = {
  rebased: 'branch rebased',
  moved: 'tag moved',
  published: 'pages branch published',
  forwarded: 'branch moved forward',
  updated: 'branch brought up to date',
};

const solved: readonly (string | undefined)[] = [
  'fixed',
  'resolved',
  'resolve',
  'dismissed',
  'dismiss',
  'auto_dismissed',
  'closed_by_user',
  'withdrawn',
  'publicly_leaked_resolved',
];

const madePublic = happening('repository made public', 'resolution', 'fanfare', 0.9, { cats: ['meow'], bars: 3 });

const ended: readonly (ActivityOutcome | undefined)[] = ['success', 'failure', 'timed_out', 'cancelled', 'skipped'];

/** Says what an activity means. Knows every event that GitHub sends; an unknown event is a quiet one. */
export function happeningOf(activity: GitHubActivity): Happening {
  const { event, action, outcome, subject } = activity;
  if (subject === 'pages') return pages(activity);
  switch (event) {
    case 'push':
      return push(activity);
    case 'pull_request':
      return pullRequest(activity);
    case 'pull_request_review':
      return review(activity);
    case 'check_run':
    case 'check_suite':
    case 'workflow_job':
    case 'workflow_run':
    case 'status':
    case 'page_build':
      return build(activity);
    case 'deployment':
    case 'deployment_status':
      return deployment(activity);
    case 'deployment_review':
      return gate(activity);
    case 'issues':
      return issue(activity);
    case 'issue_comment':
    case 'commit_comment':
    case 'discussion':
    case 'discussion_comment':
    case 'pull_request_review_thread':
      return talk(named(activity));
    case 'pull_request_review_comment':
      return talk(action === 'created' ? 'review commented' : named(activity));
    case 'release':
      return release(activity);
    case 'create':
    case 'delete':
      return ref(activity);
    case 'repository':
      return action === 'publicized' ? madePublic : quiet(named(activity));
    case 'public':
      return madePublic;
    case 'star':
    case 'sponsorship':
    case 'member':
      return ['deleted', 'removed', 'cancelled'].includes(action ?? '')
        ? quiet(named(activity), 0.2)
        : welcome(`new ${event}`);
    case 'watch':
      return welcome('new star');
    case 'fork':
      return welcome('new fork');
    case 'security_advisory':
    case 'repository_advisory':
    case 'repository_vulnerability_alert':
    case 'dependabot_alert':
    case 'code_scanning_alert':
    case 'secret_scanning_alert':
    case 'secret_scanning_alert_location':
      return alert(activity);
    default:
      return ended.includes(outcome) ? build(activity) : quiet(named(activity));
  }
}

/**
 * Says what an activity feels like.
 * @example emotionOf(mergedPullRequest) // 'resolution'
 */
export function emotionOf(activity: GitHubActivity): Emotion {
  return happeningOf(activity).emotion;
}

/** Says how big a change is: 0 for nothing touched, about 0.5 for 15 files, 1 for 255 and more. 40 lines weigh as much as a file. */
export function sizeOf({ commits, files, additions, deletions }: GitHubActivity): NormalRange {
  return round(clamp(Math.log2(1 + Math.max(0, commits + files + (additions + deletions) / 40)) / 8, 0, 1));
}

function happening(
  name: string,
  emotion: Emotion,
  gesture: Gesture,
  intensity: NormalRange,
  { words = name, cats = [], bars = 2, register = 57, density = 0, isRoutine = false }: Partial<Happening> = {},
): Happening {
  return { name, words, emotion, gesture, intensity, cats, bars, register, density, isRoutine };
}

function quiet(name: string, intensity = 0.3): Happening {
  return happening(name, 'activity', 'murmur', intensity, { bars: 1, density: -0.4, isRoutine: true });
}

function talk(name: string, intensity = 0.4): Happening {
  return happening(name, 'activity', 'call', intensity, { register: 60, density: -0.2 });
}

function welcome(name: string): Happening {
  return happening(name, 'growth', 'call', 0.5, { cats: ['trill'], bars: 1, register: 65 });
}

function named({ event, action }: GitHubActivity): string {
  return [event, action]
    .map((word) => (word === undefined ? undefined : (synonyms[word] ?? word)))
    .filter((word) => word !== undefined)
    .join(' ')
    .replaceAll('_', ' ');
}

/** A branch or tag that was created or deleted. Both `push` and an event of its own report it. */
function ref({ action = 'moved' }: GitHubActivity): Happening {
  return quiet(`branch or tag ${action}`, 0.2);
}

function push(activity: GitHubActivity): Happening {
  const { commits, forced, action = '' } = activity;
  const words = `${commits} commit${commits === 1 ? '' : 's'} pushed`;
  const routine = Object.hasOwn(routinePushes, action) ? routinePushes[action] : undefined;
  if (routine !== undefined) return quiet(routine, 0.2);
  if (forced) return happening('history rewritten', 'tension', 'stride', 0.5, { cats: ['mrrp'], density: -0.1 });
  if (commits === 0) return ref(activity);
  if (commits > 5) return happening('big push', 'growth', 'stride', 0.6, { words, cats: ['chirp'], density: 0.3 });
  return happening('push', 'activity', 'stride', 0.5, { words, cats: ['chirp'], bars: 1 });
}

function pullRequest(activity: GitHubActivity): Happening {
  const { action, outcome, isBot, isOfProgram } = activity;
  if (outcome === 'merged' || action === 'merged') {
    return happening('pull request merged', 'resolution', 'homecoming', 0.8, {
      cats: ['purr', 'meow'],
      bars: 3,
      register: 55,
    });
  }
  if (action === 'opened' || action === 'reopened' || action === 'ready_for_review') {
    return happening(`pull request ${action.replaceAll('_', ' ')}`, 'growth', 'rise', 0.5, {
      cats: ['trill'],
      register: 55,
    });
  }
  if (action === 'closed' && (isBot || isOfProgram)) {
    return quiet(isBot ? 'pull request closed by a bot' : 'pull request of a bot closed', 0.2);
  }
  if (action === 'closed') {
    return happening('pull request closed unmerged', 'tension', 'murmur', 0.4, { cats: ['mrrp'], density: -0.3 });
  }
  if (action === 'converted_to_draft') return quiet('pull request back to draft', 0.2);
  if (action === 'synchronize') {
    // The push to its branch, where that branch is in another repository.
    return happening('push', 'activity', 'stride', 0.5, { words: 'pull request updated', cats: ['chirp'], bars: 1 });
  }
  return quiet(named(activity), 0.2);
}

function review({ outcome, action }: GitHubActivity): Happening {
  if (action === 'dismissed') return quiet('review dismissed');
  if (outcome === 'approved') {
    return happening('review approved', 'resolution', 'call', 0.8, { cats: ['meow'], register: 62 });
  }
  if (outcome === 'changes_requested') return happening('changes requested', 'tension', 'call', 0.6, { density: -0.2 });
  return talk('review commented');
}

function build({ outcome, turn, action, isDefaultBranch }: GitHubActivity): Happening {
  if (action === 'waiting') return talk('build waits for approval');
  if (outcome === 'success' && turn === 'same') {
    return happening('build passed', 'resolution', 'sparkle', 0.6, { cats: ['meow'], bars: 1, register: 65 });
  }
  if (outcome === 'success') {
    return happening(turn === 'fixed' ? 'build fixed' : 'build passed', 'resolution', 'sparkle', 0.9, {
      cats: turn === 'fixed' ? ['purr', 'meow'] : ['meow'],
      bars: turn === 'fixed' ? 2 : 1,
      register: 65,
    });
  }
  if (outcome === 'failure' || outcome === 'timed_out') {
    return happening(
      `build ${outcome === 'failure' ? 'failed' : 'timed out'}`,
      'tension',
      'sigh',
      turn === 'same' ? 0.6 : turn === 'broken' && isDefaultBranch ? 0.8 : 0.7,
      { cats: ['mrrp'], register: 50, density: -0.25 },
    );
  }
  return outcome === undefined ? quiet('build under way', 0.2) : quiet(`build ${outcome}`);
}

function deployment({ outcome, action }: GitHubActivity): Happening {
  if (action === 'waiting') return talk('deployment waits for approval');
  if (outcome === 'success') {
    return happening('deployed', 'resolution', 'fanfare', 1, { cats: ['purr'], bars: 3, register: 53, density: 0.4 });
  }
  if (outcome !== 'failure' && outcome !== 'timed_out') return quiet('deployment under way', 0.4);
  return happening('deployment failed', 'tension', 'sigh', 0.8, {
    cats: ['mrrp'],
    bars: 3,
    register: 50,
    density: -0.25,
  });
}

/** The pages of a repository: a deployment, a build or a run reports them, whichever comes first. */
function pages({ outcome }: GitHubActivity): Happening {
  return outcome === 'success'
    ? happening('pages published', 'resolution', 'fanfare', 0.7, { cats: ['purr'], register: 53 })
    : happening('pages failed', 'tension', 'sigh', 0.7, { cats: ['mrrp'], register: 50, density: -0.25 });
}

function gate({ outcome, action }: GitHubActivity): Happening {
  if (outcome === 'approved') {
    return happening('deployment approved', 'resolution', 'call', 0.7, { cats: ['meow'], register: 62 });
  }
  if (outcome === 'changes_requested') {
    return happening('deployment rejected', 'tension', 'call', 0.6, { density: -0.2 });
  }
  return talk(action === 'requested' ? 'deployment waits for approval' : 'deployment reviewed');
}

function alert({ action }: GitHubActivity): Happening {
  return solved.includes(action)
    ? happening('security alert solved', 'resolution', 'homecoming', 0.7, { cats: ['purr'] })
    : happening('security alert', 'tension', 'sigh', 0.6, { cats: ['hiss'], register: 52, density: -0.25 });
}

function issue(activity: GitHubActivity): Happening {
  const { action, outcome } = activity;
  if (outcome === 'not_planned' || outcome === 'duplicate') {
    return quiet(`issue closed as ${outcome === 'duplicate' ? 'a duplicate' : 'not planned'}`, 0.2);
  }
  if (action === 'opened' || action === 'reopened') {
    return happening(`issue ${action}`, 'growth', 'call', 0.5, { cats: ['trill'], register: 60 });
  }
  if (action === 'closed') return happening('issue closed', 'resolution', 'homecoming', 0.7);
  return quiet(named(activity), 0.4);
}

function release(activity: GitHubActivity): Happening {
  return activity.action === 'published' || activity.action === 'released'
    ? happening('release published', 'resolution', 'fanfare', 0.9, { cats: ['purr', 'meow'], bars: 3, register: 53 })
    : quiet(named(activity), 0.4);
}
