import { randomBytes } from 'node:crypto';
import { MultiClientAudioManager } from '@bnc/audio-core';
import type { BusEvents } from '@bnc/contracts';
import { EventBus } from '@bnc/event-bus';
import { GitHubWebhookReceiver, signWebhook } from '@bnc/github-webhooks';
import { githubWebhooks } from '@bnc/github-webhooks/fastify';
import { OfflineRenderer } from '@bnc/offline-renderer';
import { SSEManager } from '@bnc/sse';
import { sse as ssePlugin } from '@bnc/sse/fastify';
import fastify, { type FastifyInstance } from 'fastify';
import type { Clip } from './clips/clip.ts';
import { ClipMaker } from './clips/clip-maker.ts';
import { ClipRecords } from './clips/clip-records.ts';
import { farewell, message } from './delivery/message.ts';
import { replayLimits } from './delivery/recent-phrases.ts';
import { StreamingService } from './delivery/streaming-service.ts';
import { Demo } from './demo/demo.ts';
import { demoRepoId } from './demo/recorded-deliveries.ts';
import { clipRoute } from './http/clips.ts';
import { answerErrors } from './http/errors.ts';
import { healthRoutes } from './http/health.ts';
import { historyRoute } from './http/history.ts';
import { operatorCheck } from './http/operator.ts';
import { operatorRoutes } from './http/operator-routes.ts';
import { pageRoutes } from './http/page.ts';
import { streamRoute } from './http/stream.ts';
import { timeRoute } from './http/time.ts';
import { Access } from './rooms/access.ts';
import { fillTables } from './rooms/fill-tables.ts';
import { forgetRoom } from './rooms/forget.ts';
import { insist } from './rooms/insist.ts';
import { MergedRooms } from './rooms/merged-rooms.ts';
import { lower } from './rooms/names.ts';
import { Rooms } from './rooms/rooms.ts';
import type { RepositoryNews } from './rooms/tables.ts';
import type { Config } from './settings/config.ts';
import { openStorage } from './storage.ts';

/** Time that requests under way get to end when the server stops. */
const drainMs = 2000;

/** Time that rooms get to be handed over; what is not done by then goes to the next owner all the same. */
const handOverMs = 5000;

/**
 * Builds the whole system: every object, every subscription, every route. Nothing listens yet: call `listen`
 * on what it answers. `close` ends it all, streams first.
 * @throws {RenderError} `RENDER_UNSUPPORTED` when the audio engine does not run here; BusError when the bus cannot be opened.
 */
export async function buildApp(config: Config): Promise<FastifyInstance> {
  const app = fastify({
    logger: {
      level: config.production ? 'info' : 'warn',
      redact: ['req.headers.authorization', 'req.headers.cookie'],
      serializers: {
        // No query strings, no addresses: logs hold ids and sizes only.
        req: ({ method, url }: { method: string; url: string }) => ({ method, path: url.split('?')[0] }),
      },
    },
    routerOptions: { maxParamLength: 300 },
    bodyLimit: 64 * 1024,
    requestTimeout: 30_000,
    return503OnClosing: true,
  });
  answerErrors(app);
  const logError =
    (what: string) =>
    (error: unknown): void =>
      app.log.error({ err: error }, what);

  /** What is cut off by the end is handed back to the bus, and no failure. */
  let isClosing = false;

  const isOperator = operatorCheck(config.adminTokens);
  const renderer = new OfflineRenderer();
  const opening = openStorage(config, logError('clip store failed'));
  const storage = await Promise.all([opening, renderer.ready()]).then(
    ([opened]) => opened,
    async (error: unknown) => {
      await renderer.close();
      const opened = await opening.catch(() => undefined);
      await opened?.transport.close();
      opened?.close();
      throw error;
    },
  );
  const bus = new EventBus<BusEvents>({
    transport: storage.transport,
    onHandlerError: (error, event) => {
      const level = isClosing ? 'info' : 'error';
      app.log[level]({ err: error, topic: event?.topic, id: event?.id }, 'handler failed');
    },
    onWarning: ({ code, message: text }) => app.log.warn({ code }, text),
  });
  const { tables } = storage;
  const merged = new MergedRooms(config.rooms);
  const access = new Access({
    tables,
    merged,
    defaultAccess: config.streamDefaultAccess,
    alwaysPublic: config.demo ? [demoRepoId] : [],
  });
  const records = new ClipRecords(storage.clips);
  const clips = new ClipMaker({ renderer, store: storage.clips, records, onError: logError('clip not kept') });
  const audio = new MultiClientAudioManager<Clip>({
    sessions: {
      onEnd: ({ clientId }, why) => {
        if (why === 'stale') sse.disconnect(clientId, 'stale');
      },
    },
  });

  // Streams: the hub knows frames, the app knows words.
  const sse = new SSEManager({
    slow: 'latest',
    limits: { maxPerAddress: 1000, maxBacklogBytes: 8 * 2 ** 20 },
    history: replayLimits,
    connected: ({ clientId, resumeKey, channel, resumed, missed }) => {
      const repoId = service.room(channel)?.name ?? channel;
      const serverTime = Date.now();
      return {
        data: message('connected', {
          message: `Listening to ${repoId}`,
          clientId,
          resumeKey,
          repoId,
          serverTime,
          resumed,
          missed,
        }),
      };
    },
    heartbeat: () => ({ data: message('heartbeat', { serverTime: Date.now() }) }),
    reset: (_connection, { reason, missed }) => ({ data: message('reset', { reason, missed }) }),
    disconnected: (_connection, reason) => ({ data: farewell(reason) }),
    onConnect: ({ clientId, channel }) => {
      service.createClientSession(clientId, channel);
      if (channel === lower(demoRepoId)) demo?.start();
    },
    onDisconnect: ({ clientId, channel }) => {
      service.disposeClientSession(clientId);
      if (channel === lower(demoRepoId) && sse.count(channel) === 0) demo?.stop();
    },
    onError: logError('stream failed'),
  });
  const onTrouble = logError('the store does not answer, trying again');
  const service = new StreamingService({
    bus,
    tables,
    access,
    clips,
    audio,
    sse,
    onError: (error, { deliveryIds }) => app.log.error({ err: error, deliveryIds }, 'phrase not rendered'),
    onTrouble,
  });

  // The flow: a delivery goes to the owner of its room, who decides what sounds; what it tells goes to those who listen.
  await merged.load(tables);
  const untold = await fillTables(bus, tables, merged);
  const rooms = new Rooms({ bus, tables, merged, render: (...what) => service.render(...what), onTrouble });
  const loadMerged = (): Promise<void> =>
    insist(
      () => merged.load(tables),
      () => isClosing,
      onTrouble,
    );
  const changes = bus.follow('rooms:changed', async () => {
    await loadMerged();
    await service.recheckAll();
  });
  await Promise.all([rooms.ready, service.ready, changes.add('rooms')]);
  // They may have changed before that was followed.
  await loadMerged();

  /** What is learned holds before anything is told: who may listen, and under which name. */
  const learn = async (news: RepositoryNews): Promise<void> => {
    const { isClosed, movedFrom } = await tables.learn(news);
    const names = [...(isClosed ? [news.repoId] : []), ...(movedFrom === undefined ? [] : [movedFrom])];
    for (const channel of new Set(names.map((name) => merged.channelOf(name)))) {
      await bus.publish('repository:changed', { repoId: news.repoId }, { key: channel });
    }
  };
  const receiver = new GitHubWebhookReceiver({
    secrets: config.webhookSecrets,
    nameOf: async (repositoryId) => (await tables.repository(repositoryId))?.repoId,
    publish: async (delivery, { dedupeId }) => {
      await learn(delivery);
      return bus.publish(`webhook:github:${delivery.event}`, delivery, { key: merged.keyOf(delivery), dedupeId });
    },
    onFact: learn,
    onPing: async ({ repoId, receivedAt }) => {
      if (repoId === undefined) return;
      await bus.publish('webhook:ping', { repoId, receivedAt }, { key: merged.channelOf(repoId) });
    },
  });
  for (const delivery of untold) {
    const dedupeId = `filled:${delivery.deliveryId}`;
    await bus.publish(`webhook:github:${delivery.event}`, delivery, { key: merged.keyOf(delivery), dedupeId });
  }
  await tables.setFilled();
  const [demoSecret = ''] = config.webhookSecrets;
  const demo = config.demo
    ? new Demo(
        async ({ event, deliveryId, body }) => {
          const { statusCode, body: answer } = await app.inject({
            method: 'POST',
            url: '/webhooks/github',
            headers: {
              'content-type': 'application/json',
              'x-github-event': event,
              'x-github-delivery': deliveryId,
              'x-hub-signature-256': signWebhook(demoSecret, body),
            },
            payload: body,
          });
          if (statusCode !== 202) throw new Error(`The demo's ${event} was answered ${statusCode}: ${answer}`);
        },
        { onError: logError('demo failed') },
      )
    : undefined;

  // Requests under way may end; a client that takes nothing does not keep the server from stopping.
  app.addHook('preClose', async () => {
    isClosing = true;
    demo?.stop();
    setTimeout(() => app.server.closeAllConnections(), drainMs).unref();
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'no-referrer');
  });
  await app.register(ssePlugin, { manager: sse });
  await app.register(githubWebhooks, { receiver });
  streamRoute(app, { service, access, isOperator });
  historyRoute(app, { tables, access, isOperator });
  const forget = (asked: string, place: Parameters<typeof forgetRoom>[2]): Promise<void> =>
    forgetRoom({ bus, tables, records }, asked, place);
  operatorRoutes(app, { bus, tables, merged, access, forget, isOperator });
  clipRoute(app, { store: storage.clips, records, access, isOperator });
  healthRoutes(app, { bus, renderer, service, sse, access, isOperator, salt: randomBytes(16).toString('hex') });
  timeRoute(app);
  await pageRoutes(app);

  app.addHook('onClose', async () => {
    await rooms.close({ drainMs: handOverMs });
    await changes.close();
    await service.dispose();
    await bus.close();
    storage.close();
    await renderer.close();
  });
  return app;
}
