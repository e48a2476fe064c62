import { setTimeout as wait } from 'node:timers/promises';
import type { Bench, Benchmark } from '@bnc/bench';
import { percentile } from '@bnc/bench';
import type { MusicalParameters, SerializedBuffer } from '@bnc/contracts';
import { OfflineRenderer } from '@bnc/offline-renderer';
import { payloadOf } from '../test/payloads.ts';
import { deliver, TestServer } from '../test/server.ts';
import { SSEReader } from '../test/sse-reader.ts';
import { inFolder, startServer } from './servers.ts';

/** Deliveries measured for each form, one at a time, each in a room of its own so that none waits for a bar line. */
const deliveries = 50;

/** Starts of the server, each with its first clip. */
const starts = 9;

/** Ways to listen, by their query, and the goal for the time from the POST to the message. */
const forms: readonly (readonly [query: string, goalMs?: number])[] = [
  ['format=score', 25],
  ['format=json'],
  ['format=pcm-s16le'],
  ['delivery=url&format=flac'],
  ['delivery=url&format=opus'],
];

/** What the server renders clips with. */
const finish = new URL('../dist/encode-clip.js', import.meta.url);

let issues = 0;

/** An issue that is opened: two bars, and nothing that comes after it can belong to it, so that it is told at once. */
function newIssue(repoId: string): unknown {
  return payloadOf('issues', repoId, (json) => {
    const id = 7_000_000 + ++issues;
    Object.assign(json, { action: 'opened' });
    Object.assign(json.issue as object, { id, number: id, title: `Issue ${id}` });
  });
}

async function fetchFirst(origin: string, buffer: SerializedBuffer): Promise<void> {
  if (!('renditions' in buffer)) return;
  await (await fetch(`${origin}${buffer.renditions[0]?.url}`)).arrayBuffer();
}

/** From the POST of a signed delivery to its sound at a listener: everything in between is real. */
export const benchmark: Benchmark = {
  name: 'streaming-server/latency',
  async run(bench: Bench): Promise<void> {
    await measureForms(bench);
    await measureFirstClip(bench, 'first clip after listening', 0, 230);
    await measureFirstClip(bench, 'first clip 2 s after listening', 2000, 230);
  },
};

async function measureForms(bench: Bench): Promise<void> {
  await using server = await TestServer.start();
  await using renderer = new OfflineRenderer({ workers: 1 });
  await renderer.ready();
  const answers: number[] = [];
  /** Clips of two bars: the message that links to one, and what its render and its encoding take alone, in the same minute. */
  const clips: { readonly message: number; readonly alone: number }[] = [];
  const times = new Map<string, { messages: number[]; bytes: number[] }>(
    forms.map(([query]) => [query, { messages: [], bytes: [] }]),
  );
  for (let round = -3; round < deliveries; round++) {
    for (const [query, { messages, bytes }] of times) {
      const repoId = `octo/${query.replaceAll(/[=&]/g, '-')}-${round + 3}`;
      await using listener = await SSEReader.open(`${server.origin}/stream/${repoId}?${query}`);
      const start = performance.now();
      await server.deliver('issues', newIssue(repoId));
      const answered = performance.now() - start;
      const { data } = await listener.next('audio_buffer', 0, 30_000);
      const came = performance.now() - start;
      await fetchFirst(server.origin, data.buffer);
      const fetched = performance.now() - start;
      if (round < 0) continue;
      answers.push(answered);
      messages.push(came);
      bytes.push(fetched);
      if (query === 'delivery=url&format=flac' && data.params.bars === 2) {
        clips.push({ message: came, alone: await renderAlone(renderer, data.params) });
      }
    }
  }
  bench.record({ name: 'POST to 202, durable p50', unit: 'ms', value: percentile(answers, 0.5), goal: { atMost: 5 } });
  for (const [query, goalMs] of forms) {
    const { messages = [], bytes = [] } = times.get(query) ?? {};
    bench.record({
      name: `POST to message (${query}) p50`,
      unit: 'ms',
      value: percentile(messages, 0.5),
      ...(goalMs !== undefined && { goal: { atMost: goalMs } }),
    });
    bench.record({ name: `POST to bytes (${query}) p50`, unit: 'ms', value: percentile(bytes, 0.5) });
    bench.record({ name: `POST to bytes (${query}) p99`, unit: 'ms', value: percentile(bytes, 0.99) });
  }
  const ratios = clips.map(({ message, alone }) => message / alone);
  bench.record({
    name: 'render and encode two bars alone p50',
    unit: 'ms',
    value: percentile(
      clips.map(({ alone }) => alone),
      0.5,
    ),
  });
  bench.record({
    name: 'POST to message of a clip (FLAC by url, two bars), over render and encode alone p50',
    unit: 'x',
    value: percentile(ratios, 0.5),
    goal: { atMost: 1.25 },
  });
}

/** Renders and encodes a phrase with nothing around it; returns how long that takes in ms. */
async function renderAlone(renderer: OfflineRenderer, params: MusicalParameters): Promise<number> {
  const from = performance.now();
  await renderer.render(params, { finish, finishOptions: { encodings: ['flac'] } });
  return performance.now() - from;
}

/** From the first POST, some time after the server listens, to the message that links to the first clip. */
async function measureFirstClip(bench: Bench, name: string, afterMs: number, goalMs?: number): Promise<void> {
  const took: number[] = [];
  for (let start = 0; start < starts; start++) {
    await inFolder(async (folder) => {
      const server = startServer(folder);
      const origin = await server.origin();
      await using listener = await SSEReader.open(`${origin}/stream/octo/first?delivery=url&format=flac`);
      await wait(afterMs);
      const from = performance.now();
      await deliver(origin, 'issues', newIssue('octo/first'));
      await listener.next('audio_buffer', 0, 30_000);
      took.push(performance.now() - from);
      await listener.close();
      server.child.kill('SIGTERM');
      await server.ended;
    });
  }
  bench.record({
    name: `${name}: POST to message (FLAC by url) p50`,
    unit: 'ms',
    value: percentile(took, 0.5),
    ...(goalMs !== undefined && { goal: { atMost: goalMs } }),
  });
}
