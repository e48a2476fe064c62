import { randomBytes } from 'node:crypto';
import { MultiClientAudioManager } from '@bnc/audio-core';
import type { BusEvents, GitHubDelivery } from '@bnc/contracts';
import { EventBus } from '@bnc/event-bus';
import { GitHubWebhookReceiver, signWebhook } from '@bnc/github-webhooks';
import { githubWebhooks } from '@bnc/github-webhooks/fastify';
import { OfflineRenderer } from '@bnc/offline-renderer';
import { SSEManager } from '@bnc/sse';
import { sse as ssePlugin } from '@bnc/sse/fastify';
import fastify, { type FastifyInstance } from 'fastify';
import type { Clip } from './clip.ts';
import { ClipMaker } from './clip-maker.ts';
import { ClipRecords } from './clip-records.ts';
import { Composer } from './composer.ts';
import type { Config } from './config.ts';
import { Demo } from './demo.ts';
import { answerErrors } from './http-errors.ts';
import { operatorCheck } from './operator.ts';
import { replayLimits } from './recent-phrases.ts';
import { demoRepoId } from './recorded-deliveries.ts';
import { RepositoryAccess, roomOf } from './repository-access.ts';
import { RoomGrid } from './room-grid.ts';
import { clipRoute } from './routes/clips.ts';
import { healthRoutes } from './routes/health.ts';
import { pageRoutes } from './routes/page.ts';
import { streamRoute } from './routes/stream.ts';
import { timeRoute } from './routes/time.ts';
import { openStorage } from './storage.ts';
import { Stories } from './stories.ts';
import { farewell, message } from './stream-message.ts';
import { StreamingService } from './streaming-service.ts';

/** Time that requests under way get to end when the server stops. */
const drainMs = 2000;

/** Time that renders under way get; what is not done by then is handed back to the bus. */
const renderDrainMs = 5000;

/**
 * Builds the whole system: every object, every subscription, every route. Nothing listens yet: call `listen`
 * on what it answers. `close` ends it all, streams first.
 * @throws RenderError `RENDER_UNSUPPORTED` when the audio engine does not run here; BusError when the bus cannot be opened.
 */
export const buildApp = async (config: Config): Promise<FastifyInstance> => {
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
  const access = new RepositoryAccess({
    defaultAccess: config.streamDefaultAccess,
    alwaysPublic: config.demo ? [demoRepoId] : [],
  });
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
  const records = new ClipRecords(storage.clips);
  const clips = new ClipMaker({ renderer, store: storage.clips, records, onError: logError('clip not kept') });
  const grid = new RoomGrid();
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
    connected: ({ clientId, resumeKey, channel, resumed, missed }) => ({
      data: message('connected', {
        message: `Listening to ${access.spelling(channel)}`,
        clientId,
        resumeKey,
        repoId: access.spelling(channel),
        serverTime: Date.now(),
        resumed,
        missed,
      }),
    }),
    heartbeat: () => ({ data: message('heartbeat', { serverTime: Date.now() }) }),
    reset: (_connection, { reason, missed }) => ({ data: message('reset', { reason, missed }) }),
    disconnected: (_connection, reason) => ({ data: farewell(reason) }),
    onConnect: ({ clientId, channel }) => {
      service.createClientSession(clientId, channel);
      if (channel === roomOf(demoRepoId)) demo?.start();
    },
    onDisconnect: ({ clientId, channel }) => {
      service.disposeClientSession(clientId);
      if (channel === roomOf(demoRepoId) && sse.count(channel) === 0) demo?.stop();
    },
    onError: logError('stream failed'),
  });
  const service = new StreamingService({
    bus,
    clips,
    audio,
    sse,
    grid,
    nameOf: (repositoryId) => access.nameOf(repositoryId),
    onError: (error, { deliveryIds }) => app.log.error({ err: error, deliveryIds }, 'phrase not rendered'),
  });

  // What the bus remembers holds before anybody may listen: who is private, what has happened, what each room played last.
  const learn = (news: Parameters<RepositoryAccess['learn']>[0]): void => {
    const { isClosed, movedFrom } = access.learn(news);
    if (isClosed) for (const connection of sse.connections(roomOf(news.repoId))) connection.close('private');
    if (movedFrom === undefined) return;
    service.move(movedFrom, news.repoId);
    // Whoever comes back under the old name is led to the new one, where access allows.
    for (const connection of sse.connections(roomOf(movedFrom))) {
      if (access.isPublic(news.repoId)) {
        connection.send({ data: message('moved', { from: movedFrom, to: news.repoId }) });
      }
      connection.close('moved');
    }
  };
  const stories = new Stories();
  let read: string | undefined;
  for (let more = true; more; ) {
    const page = await bus.read(read, { limit: 1000 });
    for (const event of page.events) {
      if (event.topic.startsWith('webhook:github:') || event.topic === 'repository:changed')
        learn(event.payload as BusEvents['repository:changed']);
      if (event.topic.startsWith('webhook:github:'))
        stories.hear({ ...event, payload: event.payload as GitHubDelivery });
      service.restore(event);
    }
    read = page.last;
    more = page.more;
  }
  service.restored();

  // The flow: a delivery becomes a phrase, a phrase that is wanted becomes sound, sound goes to everyone who listens.
  const composer = new Composer({
    bus,
    grid,
    stories,
    // Where several servers share the bus, somebody may listen on another one.
    isHeard: (repoId) => config.redisUrl !== undefined || service.isHeard(repoId),
    nameOf: (repositoryId) => access.nameOf(repositoryId),
  });
  const each = `server:${storage.serverId}`;
  const from = read ?? 'earliest';
  const subscriptions = [
    bus.subscribe(
      'webhook:github:*',
      (event) => {
        learn(event.payload);
        stories.hear(event);
      },
      { from },
    ),
    bus.subscribe('repository:changed', ({ payload }) => learn(payload), { from }),
    bus.subscribe('music:generated', (event) => service.handleMusicGenerated(event), { group: each, concurrency: 16 }),
    // One server gives the phrases of a room their starts, so that they never overlap.
    bus.subscribe('render:wanted', ({ payload }) => service.handleRenderWanted(payload), {
      group: 'renders',
      keys: 'owned',
      concurrency: 16,
    }),
    bus.subscribe('audio:rendered', (event) => service.handleAudioRendered(event), { from, concurrency: 16 }),
    bus.subscribe('render:failed', ({ payload }) => service.handleRenderFailed(payload)),
    bus.subscribe('webhook:ping', ({ payload: { repoId, receivedAt } }) => {
      sse.broadcast(roomOf(repoId), { data: message('hook', { event: 'ping', receivedAt }), history: false });
    }),
  ];

  const receiver = new GitHubWebhookReceiver({
    secrets: config.webhookSecrets,
    nameOf: (repositoryId) => access.nameOf(repositoryId),
    publish: (delivery, { dedupeId }) => {
      learn(delivery);
      return bus.publish(`webhook:github:${delivery.event}`, delivery, {
        key: String(delivery.repositoryId),
        dedupeId,
      });
    },
    onFact: async ({ repoId, repositoryId, isPrivate, occurredAt, previousRepoId }) => {
      const change = {
        repoId,
        repositoryId,
        isPrivate,
        occurredAt,
        ...(previousRepoId !== undefined && { previousRepoId }),
      };
      learn(change);
      await bus.publish('repository:changed', change);
    },
    onPing: async ({ repoId, receivedAt }) => {
      if (repoId !== undefined) await bus.publish('webhook:ping', { repoId, receivedAt });
    },
  });
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
  clipRoute(app, { store: storage.clips, records, access, isOperator });
  healthRoutes(app, { bus, renderer, service, sse, access, isOperator, salt: randomBytes(16).toString('hex') });
  timeRoute(app);
  await pageRoutes(app);

  app.addHook('onClose', async () => {
    await composer.close();
    stories.close();
    await Promise.all(subscriptions.map((subscription) => subscription.close({ drainMs: renderDrainMs })));
    service.dispose();
    await bus.close();
    storage.close();
    await renderer.close();
  });
  await Promise.all([composer.ready, ...subscriptions.map(({ ready }) => ready)]);
  return app;
};
