import type { GitHubActivity } from '@bnc/contracts';
import type { Happening } from '../happening.ts';
import type { SignObject } from './objects.ts';
import type { SignVerb } from './table.ts';

/** The sign of a happening, such as `build.brokeOff`. */
export type SignName = `${SignObject}.${SignVerb}`;

/** Signs of happenings by their name. */
const byName: Readonly<Record<string, SignName>> = {
  push: 'code.added',
  'big push': 'code.added',
  'history rewritten': 'code.brokeOff',
  'branch rebased': 'branch.moved',
  'tag moved': 'branch.moved',
  'pages branch published': 'branch.moved',
  'branch moved forward': 'branch.moved',
  'branch brought up to date': 'branch.moved',
  'branch or tag created': 'branch.created',
  'branch or tag deleted': 'branch.deleted',
  'branch or tag moved': 'branch.moved',
  'pull request opened': 'code.asked',
  'pull request reopened': 'code.asked',
  'pull request ready for review': 'code.asked',
  'pull request merged': 'code.done',
  'pull request closed unmerged': 'code.refused',
  'pull request closed by a bot': 'code.dropped',
  'pull request of a bot closed': 'code.dropped',
  'pull request back to draft': 'code.stopped',
  'pull request review requested': 'talk.called',
  'pull request review request removed': 'talk.dropped',
  'review approved': 'talk.approved',
  'changes requested': 'talk.refused',
  'review commented': 'talk.said',
  'issue opened': 'talk.asked',
  'issue reopened': 'talk.asked',
  'issue closed': 'talk.done',
  'issue closed as not planned': 'talk.dropped',
  'issue closed as a duplicate': 'talk.dropped',
  'build passed': 'build.done',
  'build fixed': 'build.approved',
  'build failed': 'build.brokeOff',
  'build timed out': 'build.brokeOff',
  'build cancelled': 'build.stopped',
  'build under way': 'build.begun',
  'build waits for approval': 'build.asked',
  deployed: 'ship.done',
  'deployment failed': 'ship.sank',
  'deployment under way': 'ship.begun',
  'deployment waits for approval': 'ship.asked',
  'deployment reviewed': 'ship.asked',
  'deployment approved': 'ship.approved',
  'deployment rejected': 'ship.refused',
  'pages published': 'ship.given',
  'pages failed': 'ship.sank',
  'release published': 'ship.created',
  'repository made public': 'ship.created',
  'security alert': 'security.alarmed',
  'security alert solved': 'security.done',
};

/** Words of an event or action, and what they mean; the first that fits counts. */
const verbWords: readonly (readonly [RegExp, SignVerb])[] = [
  [/^un|deleted|removed|dequeued|destroyed|archived|locked/, 'deleted'],
  [/assigned/, 'given'],
  [/milestone/, 'planned'],
  [/gollum|wiki|edited|page/, 'written'],
  [/label|pinned|typed|field/, 'marked'],
  [/queue|merge.group/, 'queued'],
  [/request/, 'called'],
  [/created|published|added|opened|transferred/, 'created'],
  [/closed|completed|answered|resolved/, 'done'],
];

/** Finds the sign of a happening. Every happening has one. */
export function signOf({ name, gesture, emotion }: Happening, { event, action = '' }: GitHubActivity): SignName {
  const known = Object.hasOwn(byName, name) ? byName[name] : undefined;
  if (known !== undefined) return known;
  if (/^(?:star|watch|fork|sponsorship|member)$/.test(event)) {
    return gesture === 'call' ? 'people.came' : 'people.dropped';
  }
  if (gesture === 'call' && emotion === 'activity') return 'talk.said';
  const object = objectOf(event);
  const word = `${action} ${event}`;
  return `${object}.${verbWords.find(([pattern]) => pattern.test(word))?.[1] ?? 'moved'}`;
}

function objectOf(event: string): SignObject {
  if (/alert|advisory|secret|scanning/.test(event)) return 'security';
  if (/check|workflow|status|build/.test(event)) return 'build';
  if (/deployment|release|package|page/.test(event)) return 'ship';
  if (/pull|merge|push/.test(event)) return 'code';
  if (/branch|create|delete|repository|installation/.test(event)) return 'branch';
  return /member|team|organization|org_block|sponsor/.test(event) ? 'people' : 'talk';
}
