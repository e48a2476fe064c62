import { createHash, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { demoRepoId, demoRepositoryId, type Scene, type SceneName, sceneNames, scenes } from './scenes.ts';

type Json = Record<string, unknown>;

/** Returns real payloads of an event, as GitHub sent them (4.3 MB of JSON, read at the first call). */
export function recordedPayloads(event: string): readonly Json[] {
  const definitions = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly {
    readonly name: string;
    readonly examples: readonly Json[];
  }[];
  return definitions.find(({ name }) => name === event)?.examples ?? [];
}

/** Objects whose id names what the delivery is about. */
const subjects = new Set([
  'pull_request',
  'issue',
  'comment',
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
  if (isObject(payload.sender)) {
    Object.assign(payload.sender, {
      login: scene.actor,
      type: /^Copilot$|\[bot\]$/.test(scene.actor) ? 'Bot' : 'User',
    });
  }
  return payload;
}

/** A delivery as GitHub would send it, before it is signed. */
export interface DemoDelivery {
  readonly event: string;
  readonly deliveryId: string;
  readonly body: string;
}

/**
 * Makes recorded deliveries, each as if it had happened now: none of them repeats an id, a commit or a body of another.
 */
export class RecordedDeliveries {
  readonly #now: () => Date;
  #turn = 0;
  #count = 0;

  constructor(now: () => Date = () => new Date()) {
    this.#now = now;
  }

  /** Makes the next delivery of the working day, which begins again after its end. */
  next(): DemoDelivery {
    const name = sceneNames[this.#count++ % sceneNames.length];
    return this.make(name ?? 'push');
  }

  /** Makes one thing happen. */
  make(name: SceneName): DemoDelivery {
    const scene: Scene = scenes[name];
    const { event, where } = scene;
    const examples = recordedPayloads(event);
    const example = where ? examples.find((item) => item[where[0]] === where[1]) : examples[0];
    if (!example) throw new Error(`The demo has no example of '${event}'.`);
    const now = this.#now();
    // Tenths of a second since 2020: neither two deliveries nor two starts of the server have the same one.
    this.#turn = Math.max(this.#turn + 1, Math.floor(now.getTime() / 100) - 15_778_368_000);
    return { event, deliveryId: randomUUID(), body: JSON.stringify(stage(example, scene, this.#turn, now)) };
  }
}
