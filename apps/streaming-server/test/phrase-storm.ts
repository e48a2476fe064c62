import { randomUUID } from 'node:crypto';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { EventBus } from '@bnc/event-bus';
import { redis } from '@bnc/event-bus/redis';
import type { MusicGenerated, ServerEvents } from '../src/rooms/events.ts';
import { pushOf } from './pushes.ts';
import { deliver } from './server.ts';
import { SSEReader } from './sse-reader.ts';

/** What a storm does. */
export interface StormOptions {
  /** The server whose listeners hear it. */
  readonly origin: string;
  readonly redisUrl: string;
  readonly rooms: number;
  readonly listeners: number;
  /** Phrases of one room in a second. */
  readonly perSecond: number;
  readonly seconds: number;
  /** Queries of streams, in turn. */
  readonly forms: readonly string[];
  /** Addresses to listen from, in turn: one has ports for about 28,000 streams of HTTP/1.1. */
  readonly addresses?: readonly string[];
  /** Where the server speaks HTTP/2, to listen by that: 200 streams a connection. Default: HTTP/1.1. */
  readonly http2Origin?: string;
  /** Called when all listeners are there, and before they go. */
  onOpen?(): Promise<void>;
}

/** What came of a storm. */
export interface StormResult {
  /** Messages that listeners should have got. */
  readonly wanted: number;
  readonly received: number;
  /** Time from the publication of a phrase to each listener, in ms. */
  readonly latencies: readonly number[];
}

const mark = /"phraseId":"storm-(\d+)-/;

/**
 * Plays a part of another server that owns all rooms: it decides phrases, and the server under test brings them to its
 * listeners, as scores or as links to clips.
 */
export async function phraseStorm(options: StormOptions): Promise<StormResult> {
  const { origin, redisUrl, rooms, listeners, perSecond, seconds, forms, addresses = ['127.0.0.1'] } = options;
  const { port } = new URL(origin);
  await using bus = new EventBus<ServerEvents>({ transport: await redis({ url: redisUrl }) });
  const example = await examplePhrase(origin, bus);
  const latencies: number[] = [];
  let received = 0;
  let begunAt = Number.POSITIVE_INFINITY;
  const take = (text: string): void => {
    const found = text.includes('"type":"audio_buffer"') ? mark.exec(text) : undefined;
    // A listener who comes gets the newest phrase of the storm before.
    if (!found || Number(found[1]) / 1000 < begunAt) return;
    received++;
    latencies.push(performance.timeOrigin + performance.now() - Number(found[1]) / 1000);
  };
  const connections: { destroy(): void }[] = [];
  for (let count = 0; count < listeners; count += 200) {
    const paths = Array.from({ length: Math.min(200, listeners - count) }, (_, index) => {
      const place = count + index;
      return `/stream/octo/storm-${place % rooms}?${forms[Math.floor(place / rooms) % forms.length]}`;
    });
    const addressAt = (place: number): string => addresses[place % addresses.length] ?? '';
    if (options.http2Origin === undefined) {
      const open = (path: string, index: number): Promise<Socket> =>
        openStream({ port: Number(port), localAddress: addressAt(count + index), path, take });
      connections.push(...(await Promise.all(paths.map(open))));
    } else {
      const { hostname: host, port: http2Port } = new URL(options.http2Origin);
      const session = connectHttp2(options.http2Origin, {
        createConnection: () => connect({ host, port: Number(http2Port), localAddress: addressAt(count / 200) }),
      });
      // Its streams say what is wrong.
      session.on('error', () => {});
      connections.push(session);
      await Promise.all(paths.map((path) => openHttp2Stream(session, path, take)));
    }
  }
  await options.onOpen?.();
  const gapMs = 1000 / (rooms * perSecond);
  const phrases = rooms * perSecond * seconds;
  const from = performance.now();
  begunAt = performance.timeOrigin + from;
  for (let count = 0; count < phrases; count++) {
    const wait = from + count * gapMs - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    const room = count % rooms;
    const now = performance.timeOrigin + performance.now();
    const phraseId = `storm-${Math.round(now * 1000)}-${randomUUID()}`;
    const repositoryId = 70_000 + room;
    const repoId = `octo/storm-${room}`;
    const startAt = Math.round(now + 400);
    const phrase = {
      ...example,
      phraseId,
      repoId,
      repositoryId,
      startAt,
      receivedAt: Math.round(now),
      hasClips: true,
      isHeard: true,
    };
    void bus.publish('music:generated', phrase, { key: repoId });
    void bus.publish('audio:rendered', { phraseId, repositoryId, startAt }, { key: repoId });
  }
  const wanted = phrases * (listeners / rooms);
  await allCame(() => received === wanted);
  for (const connection of connections) connection.destroy();
  return { wanted, received, latencies };
}

/** Waits until all messages have come, ten seconds at most. */
async function allCame(isTrue: () => boolean): Promise<void> {
  for (let waits = 0; waits < 100 && !isTrue(); waits++) {
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
}

/** Has the server decide a phrase, and returns it; its clips are rendered once, and serve all phrases of a storm. */
async function examplePhrase(origin: string, bus: EventBus<ServerEvents>): Promise<MusicGenerated> {
  const forms = ['format=score', 'delivery=url&format=flac'];
  const scouts = await Promise.all(forms.map((form) => SSEReader.open(`${origin}/stream/octo/example?${form}`)));
  await deliver(origin, 'push', pushOf('octo/example', 69_999));
  for (const scout of scouts) {
    await scout.next('audio_buffer', 0, 60_000);
    await scout.close();
  }
  const { events } = await bus.read({ key: 'octo/example', pattern: 'music:generated' });
  const [event] = events;
  if (!event) throw new Error('the server has decided nothing');
  return event.payload;
}

function openStream({
  port,
  localAddress,
  path,
  take,
}: {
  readonly port: number;
  readonly localAddress: string;
  readonly path: string;
  take(text: string): void;
}): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    socket.once('error', reject);
    followStream(socket, take, () => resolve(socket));
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n`);
  });
}

function openHttp2Stream(session: ClientHttp2Session, path: string, take: (text: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path, accept: 'text/event-stream' });
    stream.once('error', reject);
    followStream(stream, take, resolve);
  });
}

/** Takes the messages of a stream as they come. */
function followStream(stream: Duplex, take: (text: string) => void, opened: () => void): void {
  stream.setEncoding('latin1');
  let rest = '';
  stream.on('data', (data) => {
    const messages = (rest + String(data)).split('\n\n');
    rest = messages.pop() ?? '';
    if (messages.some((message) => message.includes('"connected"'))) opened();
    for (const message of messages) take(message);
  });
}
