import { createHash, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';

/** The room that needs no account, secret or network. */
export const demoRepoId = 'bots-n-cats/demo';

/** GitHub counts up from 1: the largest safe integer will never be a real repository's id. */
const demoRepositoryId = Number.MAX_SAFE_INTEGER;

type Json = Record<string, unknown>;

/** Returns real payloads of an event, as GitHub sent them (2.5 MB of JSON, read at the first call). */
export function recordedPayloads(event: string): readonly Json[] {
  const definitions = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly {
    readonly name: string;
    readonly examples: readonly Json[];
  }[];
  return definitions.find(({ name }) => name === event)?.examples ?? [];
}

/** One recorded delivery of the turn: which example, and what is changed in it. */
interface Scene {
  readonly event: string;
  readonly actor: string;
  /** Chooses the example by the value of one field. */
  readonly where?: readonly [field: string, value: unknown];
  /** Values to write, by path. */
  readonly change?: Readonly<Record<string, unknown>>;
  /** Commits of a push; the example's one is multiplied. */
  readonly commits?: readonly string[];
}

/** The recorded runs are of another repository: here they are of the demo's own branch, not of a fork. */
const ownRun = { 'workflow_run.head_repository.id': demoRepositoryId, 'workflow_run.head_branch': 'master' } as const;

/** One turn of the demo: the six basic kinds of activity and their neighbours, in the order of a working day. */
const scenes: readonly Scene[] = [
  {
    event: 'push',
    actor: 'Codertocat',
    where: ['ref', 'refs/heads/master'],
    commits: ['Teach the cat to purr on merge'],
  },
  { event: 'pull_request', actor: 'octocat', where: ['action', 'opened'] },
  {
    event: 'push',
    actor: 'octocat',
    where: ['ref', 'refs/heads/master'],
    commits: [
      'Sketch the melody',
      'Add a bass line',
      'Voice the chords',
      'Tune the reverb',
      'Swing the hats',
      'Explain the key',
      'Round the ending',
    ],
  },
  {
    event: 'workflow_run',
    actor: 'octocat',
    where: ['action', 'completed'],
    change: { 'workflow_run.conclusion': 'failure', 'workflow_run.name': 'tests', ...ownRun },
  },
  {
    event: 'issues',
    actor: 'hubot',
    where: ['action', 'opened'],
    change: { 'issue.title': 'The hi-hat is too loud at night' },
  },
  {
    event: 'workflow_run',
    actor: 'octocat',
    where: ['action', 'completed'],
    change: { 'workflow_run.conclusion': 'success', 'workflow_run.name': 'tests', ...ownRun },
  },
  {
    event: 'pull_request_review',
    actor: 'Codertocat',
    where: ['action', 'submitted'],
    change: { 'review.state': 'approved' },
  },
  { event: 'pull_request', actor: 'octocat', where: ['action', 'closed'], change: { 'pull_request.merged': true } },
  { event: 'deployment_status', actor: 'Codertocat', change: { 'deployment_status.state': 'success' } },
  { event: 'release', actor: 'Codertocat', where: ['action', 'published'] },
];

/** Objects whose id names what the delivery is about. */
const subjects = new Set([
  'pull_request',
  'issue',
  'check_run',
  'workflow_run',
  'deployment',
  'deployment_status',
  'release',
  'review',
]);

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Renews what makes a delivery unique: hashes, times and the ids of its subject. Zero hashes keep their meaning. */
function renew(value: unknown, turn: number, now: Date, subject = false): unknown {
  if (typeof value === 'string') {
    if (/^[0-9a-f]{40}$/.test(value) && !/^0+$/.test(value)) {
      return createHash('sha1').update(`${value} ${turn}`).digest('hex');
    }
    return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(value) ? now.toISOString() : value;
  }
  if (Array.isArray(value)) return value.map((item) => renew(item, turn, now));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (subject && key === 'id' && typeof item === 'number') return [key, item + turn * 1_000_003];
      return [key, renew(item, turn, now, subjects.has(key))];
    }),
  );
}

function write(payload: Json, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop();
  const target = keys.reduce<unknown>((object, key) => (isObject(object) ? object[key] : undefined), payload);
  if (isObject(target) && last !== undefined) target[last] = value;
}

function stage(example: Json, scene: Scene, turn: number, now: Date): Json {
  const payload = renew(structuredClone(example), turn, now) as Json;
  for (const [path, value] of Object.entries(scene.change ?? {})) write(payload, path, value);
  if (scene.commits && isObject(payload.head_commit)) {
    // The recorded commit was made on GitHub's page; these were pushed.
    const head = { ...payload.head_commit, committer: { name: scene.actor, username: scene.actor } };
    payload.commits = scene.commits.map((message, index) => ({
      ...head,
      id: createHash('sha1').update(`${turn} ${index} ${message}`).digest('hex'),
      message,
    }));
    payload.head_commit = { ...head, message: scene.commits.at(-1) };
  }
  if (isObject(payload.repository)) {
    Object.assign(payload.repository, {
      id: demoRepositoryId,
      name: 'demo',
      full_name: demoRepoId,
      language: 'TypeScript',
      default_branch: 'master',
      private: false,
      pushed_at: Math.floor(now.getTime() / 1000),
    });
  }
  if (isObject(payload.sender)) payload.sender.login = scene.actor;
  return payload;
}

/** A delivery as GitHub would send it, before it is signed. */
export interface DemoDelivery {
  readonly event: string;
  readonly deliveryId: string;
  readonly body: string;
}

/** Yields recorded deliveries without end, each as if it had happened now. */
export function* demoDeliveries(now: () => Date = () => new Date()): Generator<DemoDelivery, never> {
  const started = now().getTime();
  for (let count = 0; ; count++) {
    const scene = scenes[count % scenes.length];
    const examples = recordedPayloads(scene?.event ?? '');
    const example = scene?.where
      ? examples.find((item) => item[scene.where?.[0] ?? ''] === scene.where?.[1])
      : examples[0];
    if (!scene || !example) throw new Error(`The demo has no example of '${scene?.event}'.`);
    // Seconds since 2020 and the count: no two turns, not even of two starts of the server, repeat an id.
    const turn = Math.floor(started / 1000) - 1_577_836_800 + count;
    yield { event: scene.event, deliveryId: randomUUID(), body: JSON.stringify(stage(example, scene, turn, now())) };
  }
}
