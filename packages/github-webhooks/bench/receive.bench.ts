import { createHmac, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { type Bench, type Benchmark, percentile } from '@bnc/bench';
import {
  GitHubWebhookReceiver,
  hear,
  normalizeActivity,
  type RepositoryFacts,
  signWebhook,
} from '@bnc/github-webhooks';
import { compose, mapActivity } from '@bnc/music-engine';
import { verify } from '@octokit/webhooks-methods';
import { readDelivery } from '../src/normalize-activity.ts';
import { verifySignature } from '../src/signature.ts';

const benchSecret = 'a secret for benchmarks only';
const examples = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly {
  readonly name: string;
  readonly examples: readonly Readonly<Record<string, unknown>>[];
}[];
const push =
  examples.find(({ name }) => name === 'push')?.examples.find(({ commits }) => (commits as object[]).length > 0) ?? {};

function commit(n: number): object {
  return {
    id: n.toString(16).padStart(40, '0'),
    message: `Change number ${n}`,
    timestamp: '2026-11-20T10:00:00Z',
    author: { name: 'Mona', email: 'mona@example.com' },
    added: [],
    removed: [],
    modified: Array.from({ length: 40 }, (_, file) => `packages/some-package/src/folder-${n % 50}/file-${file}.ts`),
  };
}

/** A push of 2,048 commits over 2,000 files, about 5 MB: as large as GitHub makes them. */
const hugePush = { ...push, commits: Array.from({ length: 2048 }, (_, n) => commit(n)) };

function perSecond(seconds: number, run: () => unknown, bench: Bench): number {
  const end = performance.now() + seconds * 1000;
  const start = performance.now();
  let done = 0;
  while (performance.now() < end) {
    bench.use(run());
    done++;
  }
  return (done / (performance.now() - start)) * 1000;
}

function p50Ms(times: number, run: () => unknown, bench: Bench): number {
  return percentile(
    Array.from({ length: times }, () => {
      const start = performance.now();
      bench.use(run());
      return performance.now() - start;
    }),
    0.5,
  );
}

async function perSecondAsync(seconds: number, run: () => Promise<unknown>, bench: Bench): Promise<number> {
  const start = performance.now();
  let done = 0;
  while (performance.now() - start < seconds * 1000) {
    bench.use(await run());
    done++;
  }
  return (done / (performance.now() - start)) * 1000;
}

const context = { deliveryId: 'd', receivedAt: Date.now() };

/** Measures `hear` with one push after another, once the facts hold as many as they can. */
function hearPushes(): () => unknown {
  let facts: RepositoryFacts | undefined;
  let count = 0;
  const next = (): unknown => {
    const at = context.receivedAt + count * 1000;
    const reading = readDelivery(
      'push',
      { ...push, after: String(count), before: String(count - 1) },
      { deliveryId: String(count++), receivedAt: at },
    );
    if (!reading.counts) throw new Error('A push counts.');
    const heard = hear(facts, reading.delivery, at);
    facts = heard.facts;
    return heard.activities;
  };
  for (let n = 0; n < 1000; n++) next();
  return next;
}

/** Measures what a delivery costs: the signature, the activity, and the whole way through the receiver. */
export const benchmark: Benchmark = {
  name: 'github-webhooks/receive',
  async run(bench) {
    for (const [size, body] of [
      ['8 KB', Buffer.from(JSON.stringify(push))],
      ['5 MB', Buffer.from(JSON.stringify(hugePush))],
    ] as const) {
      const signature = signWebhook(benchSecret, body);
      const receiver = new GitHubWebhookReceiver({ secrets: [benchSecret] });
      const headers = {
        'content-type': 'application/json',
        'x-github-event': 'unheard_of',
        'x-github-delivery': 'd',
        'x-hub-signature-256': `sha256=${'0'.repeat(64)}`,
      };
      const text = body.toString();
      await bench.compare({
        name: `check a signature, ${size}`,
        unit: 'per s',
        ours: () => perSecond(0.4, () => verifySignature([benchSecret], body, signature), bench),
        peers: {
          'raw createHmac': () => perSecond(0.4, () => createHmac('sha256', benchSecret).update(body).digest(), bench),
          'octokit verify': () => perSecondAsync(0.4, () => verify(benchSecret, text, signature), bench),
        },
        goal: { peer: 'raw createHmac', atLeast: 0.8 },
      });
      await bench.compare({
        name: `refuse a forged delivery, ${size}`,
        unit: 'per s',
        ours: () => perSecondAsync(0.4, () => receiver.receive({ headers, body }).catch(() => 0), bench),
        peers: {
          'raw createHmac': () => perSecond(0.4, () => createHmac('sha256', benchSecret).update(body).digest(), bench),
        },
      });
    }
    for (const [size, payload, limit] of [
      ['8 KB', push, 2],
      ['5 MB', hugePush, 20],
    ] as const) {
      const text = JSON.stringify(payload);
      const parsed: unknown = JSON.parse(text);
      const normalize = () => normalizeActivity('push', parsed, context);
      const play = () => {
        const activity = normalize();
        return activity && compose(mapActivity(activity));
      };
      const parse = { 'JSON.parse of it': () => p50Ms(50, () => JSON.parse(text), bench) };
      await bench.compare({
        name: `normalise a push of ${size}`,
        unit: 'ms p50',
        ours: () => p50Ms(100, normalize, bench),
        peers: parse,
        rounds: 3,
      });
      await bench.compare({
        name: `normalise, map and compose it, ${size}`,
        unit: 'ms p50',
        ours: () => p50Ms(100, play, bench),
        peers: parse,
        goal: { atMost: limit },
        rounds: 3,
      });
    }
    await bench.compare({
      name: 'hear a push, of a repository at its bounds',
      unit: 'ms p50',
      ours: () => p50Ms(500, hearPushes(), bench),
      peers: { 'JSON.parse of it': () => p50Ms(50, () => JSON.parse(JSON.stringify(push)), bench) },
      goal: { atMost: 0.1 },
      rounds: 3,
    });
    const body = Buffer.from(JSON.stringify(push));
    const signature = signWebhook(benchSecret, body);
    const receiver = new GitHubWebhookReceiver({ secrets: [benchSecret], publish: async () => ({ duplicate: false }) });
    await bench.compare({
      name: 'receive a delivery, 8 KB',
      unit: 'per s',
      ours: () =>
        perSecondAsync(
          0.4,
          () =>
            receiver.receive({
              headers: {
                'content-type': 'application/json',
                'x-github-event': 'push',
                'x-github-delivery': randomUUID(),
                'x-hub-signature-256': signature,
              },
              body,
            }),
          bench,
        ),
      peers: {
        'createHmac + JSON.parse': () =>
          perSecond(
            0.4,
            () => [createHmac('sha256', benchSecret).update(body).digest(), JSON.parse(body.toString()) as unknown],
            bench,
          ),
      },
    });
  },
};
