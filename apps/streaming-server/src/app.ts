import { randomBytes } from 'node:crypto';
import { EventBus } from '@bnc/event-bus';
import { OfflineRenderer } from '@bnc/offline-renderer';
import { sse as ssePlugin } from '@bnc/sse/fastify';
import fastify, { type FastifyInstance } from 'fastify';
import { ClipPaths } from './access/clip-paths.ts';
import { providersOf } from './access/providers.ts';
import { SessionKeys } from './access/session-keys.ts';
import { Sessions } from './access/sessions.ts';
import { Tokens } from './access/tokens.ts';
import { BedSounds } from './clips/bed-sounds.ts';
import { ClipMaker } from './clips/clip-maker.ts';
import { ClipRecords } from './clips/clip-records.ts';
import { PhraseClips } from './clips/phrase-clips.ts';
import { PhraseScores } from './clips/phrase-scores.ts';
import { StreamingService } from './delivery/streaming-service.ts';
import { Demo, sendTo } from './demo/demo.ts';
import { demoRepoId } from './demo/scenes.ts';
import { serverVersion } from './export/engine.ts';
import { Exporter } from './export/exporter.ts';
import { serveUnder, withoutBasePath } from './http/base-path.ts';
import { checkRequests } from './http/check-requests.ts';
import { clipRoutes } from './http/clips.ts';
import { openDoors, ownHosts, requestIdOf } from './http/doors.ts';
import { sendErrors, sendNotFound, sendUnreadable } from './http/errors.ts';
import { exportRoutes } from './http/export.ts';
import { healthRoutes } from './http/health.ts';
import { historyRoute } from './http/history.ts';
import { serveHttp2 } from './http/http2.ts';
import { loginRoutes, waysOf } from './http/login.ts';
import { metricsRoute } from './http/metrics.ts';
import { openApi } from './http/openapi.ts';
import { tokenCheck } from './http/operator.ts';
import { operatorRoutes } from './http/operator-routes.ts';
import { pageBuild, pageRoutes } from './http/page.ts';
import { playRoutes } from './http/play.ts';
import { sessionRoutes } from './http/session.ts';
import { signInRoutes } from './http/sign-in.ts';
import { streamRoute } from './http/stream.ts';
import { timeRoute } from './http/time.ts';
import { webhookRoute } from './http/webhooks.ts';
import { Access } from './rooms/access.ts';
import type { ServerEvents } from './rooms/events.ts';
import { fillTables } from './rooms/fill-tables.ts';
import { insist } from './rooms/insist.ts';
import { MergedRooms } from './rooms/merged-rooms.ts';
import { Rooms } from './rooms/rooms.ts';
import type { Config } from './settings/config.ts';
import { basePathOf } from './settings/doors.ts';
import { openFiles, streamsWithin } from './settings/open-files.ts';
import { openStorage } from './storage.ts';
import { Journal } from './watch/journal.ts';
import { Metrics } from './watch/metrics.ts';
import { StoreWatch } from './watch/store-watch.ts';

/** Time in ms that requests under way have to end when the server stops. */
const drainMs = 3000;

/** Time in ms to hand rooms over; a room that takes longer goes to its next owner anyway. */
const handOverMs = 3000;

/** Time in ms that listeners have to reach another server before this one lets their rooms go: 500 do so in 3 s. */
const comeBackMs = 3000;

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Leaves the work to the other servers: says on `/readyz` that this server is about to stop, and hands its rooms
     * over. Everything else goes on until `close`, which begins with this.
     */
    leave(): Promise<void>;
  }
}

/**
 * Builds the whole system, in the order in which data flows through it: every object, every subscription, every route.
 * Nothing listens yet: call `listen` on the app that it returns. `close` ends everything, streams first and the
 * renderer last.
 * @throws {RenderError} `RENDER_UNSUPPORTED` when the audio engine does not run here.
 * @throws {BusError} when the bus cannot be opened.
 */
export async function buildApp(
  config: Config,
  renderer: OfflineRenderer = new OfflineRenderer(),
): Promise<FastifyInstance> {
  const app = openHttp(config);
  const logError =
    (what: string) =>
    (error: unknown): void =>
      app.log.error({ err: error }, what);
  const onTrouble = logError('the store does not answer, trying again');

  // The store.
  const journal = new Journal(app.log);
  const metrics = new Metrics();
  const storage = await openAll(config, renderer, logError('clip store failed'));
  const { tables } = storage;
  /** Work that closing interrupts is given back to the bus, which is not a failure. */
  let isClosing = false;
  const bus = new EventBus<ServerEvents>({
    transport: storage.transport,
    onHandlerError: (error, event) => {
      const level = isClosing ? 'info' : 'error';
      app.log[level]({ err: error, topic: event?.topic, id: event?.id }, 'handler failed');
    },
    onWarning: ({ code, message: text }) => app.log.warn({ code }, text),
  });

  // Who may listen to what.
  const { doors } = config;
  const shared =
    doors.sessionSecrets.length > 0
      ? doors.sessionSecrets
      : [await tables.sharedSecret(randomBytes(32).toString('hex'))];
  const keys = new SessionKeys(shared);
  const tokens = new Tokens(keys);
  const paths = new ClipPaths(keys, app.basePath);
  const merged = new MergedRooms(config.rooms);
  const alwaysPublic = config.demo ? [demoRepoId] : [];
  const access = new Access({ tables, merged, defaultAccess: config.streamDefaultAccess, alwaysPublic });
  const providers = providersOf(doors);
  const sessions = new Sessions({ tokens, keys, access, tables, providers });

  // Clips, and the demo's deliveries, which come in by the webhook route.
  const records = new ClipRecords(storage.clips);
  const maker = new ClipMaker({
    renderer,
    store: storage.clips,
    records,
    onClip: (from, ms) => metrics.clip(from, ms),
    onError: logError('clip not kept'),
  });
  const clips = new PhraseClips({
    bus,
    tables,
    clips: maker,
    records,
    onRender: (phrase, ms) => journal.rendered(phrase, ms),
    onError: (error, { deliveryIds }) => app.log.error({ err: error, deliveryIds }, 'phrase not rendered'),
  });
  const scores = new PhraseScores(renderer, (error) => {
    if (!isClosing) logError('gain not measured')(error);
  });
  const beds = new BedSounds(renderer, maker, paths);
  const [secret = ''] = config.webhookSecrets;
  const demo = config.demo ? new Demo(sendTo(app, secret), { onError: logError('demo failed') }) : undefined;

  // A delivery goes to the owner of its room, which decides what sounds; what the room plays goes to its listeners.
  await merged.load(tables);
  const finishFilling = await fillTables(bus, tables, merged);
  const rooms = new Rooms({
    bus,
    tables,
    merged,
    render: (...phrase) => clips.render(...phrase),
    onScore: (phrase) => void scores.correction(phrase),
    onWord: ({ topic, payload }, eventId) => {
      const isPlayed = topic === 'music:generated';
      if (eventId === undefined) return journal.composed(payload, isPlayed);
      journal.published(payload, eventId);
      metrics.decided(isPlayed ? (payload.isHeard ? 'heard' : 'unheard') : 'skipped');
    },
    onOpen: (state) => metrics.opened(state),
    onClose: (why) => metrics.closed(why),
    onTrouble,
  });
  // Each of them takes a file; those of HTTP/2 do not. Without those, the hub has this limit, counts and spreads.
  const maxHttp1Streams = streamsWithin(config.maxStreams, openFiles());
  const service = new StreamingService({
    bus,
    tables,
    access,
    clips,
    scores,
    beds,
    paths,
    build: pageBuild(),
    maxStreams: config.http2Port === undefined ? maxHttp1Streams : config.maxStreams,
    onListener: (variant, change) => metrics.listener(variant, change),
    onSend: (phrase, sent) => {
      journal.delivered(phrase, sent);
      metrics.sent(sent.leadMs);
    },
    comeBackMs: config.redisUrl === undefined ? 0 : comeBackMs,
    onAudience: (channel, isHeard) => demo?.hear(channel, isHeard),
    onError: logError('stream failed'),
    onTrouble,
  });
  const isOver = (): boolean => isClosing;
  const changes = await merged.follow(bus, {
    load: () => insist(() => merged.load(tables), isOver, onTrouble),
    onChange: () => service.recheckAll(),
  });
  await Promise.all([rooms.ready, service.ready]);
  await finishFilling();

  // The routes.
  let handingOver: Promise<void> | undefined;
  app.decorate('leave', () => {
    demo?.stop();
    handingOver ??= rooms.close({ drainMs: handOverMs });
    return handingOver;
  });
  app.addHook('preClose', async () => {
    isClosing = true;
    // The rooms go on elsewhere while the streams of this server end.
    void app.leave();
    service.sendAway();
    // Requests under way may end; a client that reads nothing does not keep the server from stopping.
    setTimeout(() => app.server.closeAllConnections(), drainMs).unref();
  });
  await openDoors(app, {
    doors,
    tokens,
    isOperator: tokenCheck(config.adminTokens),
    isWatcher: tokenCheck(config.metricsTokens),
  });
  await openApi(app, { version: serverVersion });
  sendNotFound(app);
  await app.register(ssePlugin, { manager: service.sse });
  const receiver = await webhookRoute(app, { secrets: config.webhookSecrets, bus, tables, merged, journal });
  const isHttp2Served = config.http2Port !== undefined;
  streamRoute(app, { service, access, maxHttp1Streams: isHttp2Served ? maxHttp1Streams : Number.POSITIVE_INFINITY });
  sessionRoutes(app, { service, onLate: (notes) => metrics.late(notes) });
  signInRoutes(app, { sessions, tokens, ways: waysOf(providers, app.basePath) });
  loginRoutes(app, { providers, sessions, keys, publicUrl: doors.publicUrl });
  playRoutes(app, { bus, access, demo, isOwnHost: ownHosts(config) });
  historyRoute(app, { tables, access, scores });
  const exporter = new Exporter({
    renderer,
    tables,
    bus,
    onLeftOut: (error, what) => {
      app.log.error({ err: error, what }, 'left out of an export');
      metrics.leftOut();
    },
  });
  exportRoutes(app, { tables, access, exporter, clips, scores, paths, onError: logError('export failed') });
  const { backUp } = storage;
  operatorRoutes(app, {
    bus,
    tables,
    merged,
    access,
    records,
    sessions,
    tokens,
    service,
    backUp,
    isOwnHost: ownHosts(config),
  });
  clipRoutes(app, { store: storage.clips, records, access, paths });
  const store = new StoreWatch(bus);
  const isLeaving = (): boolean => handingOver !== undefined;
  healthRoutes(app, { store, renderer, service, access, isLeaving, salt: randomBytes(16).toString('hex') });
  metrics.read({
    webhooks: () => receiver.stats(),
    streams: () => service.sse.stats(),
    renders: () => renderer.stats(),
    clips: () => storage.clips.stats(),
    rooms: () => rooms.size,
    store,
  });
  metricsRoute(app, { metrics });
  timeRoute(app);
  await pageRoutes(app);

  app.addHook('onClose', async () => {
    await app.http2.drained(drainMs);
    await app.leave();
    clips.close();
    await changes.close();
    await service.close();
    await bus.close();
    storage.close();
    await renderer.close();
  });
  return app;
}

function openHttp(config: Config): FastifyInstance {
  const basePath = basePathOf(config.doors);
  const app = fastify({
    logger: {
      level: config.production ? 'info' : 'warn',
      redact: ['req.headers.authorization', 'req.headers.cookie'],
      serializers: {
        // No query strings, no addresses: logs hold ids and sizes only.
        req: ({ method, url }: { method: string; url: string }) => ({ method, path: loggedPath(url) }),
      },
    },
    routerOptions: { maxParamLength: 300 },
    bodyLimit: 64 * 1024,
    requestTimeout: 30_000,
    genReqId: ({ headers }) => requestIdOf(headers),
    trustProxy: config.doors.trustProxy.length > 0 ? [...config.doors.trustProxy] : false,
    return503OnClosing: true,
    rewriteUrl: withoutBasePath(basePath),
    frameworkErrors: sendUnreadable,
  });
  sendErrors(app);
  checkRequests(app);
  serveUnder(app, basePath);
  serveHttp2(app, { host: config.host, ...(config.http2Port !== undefined && { port: config.http2Port }) });
  return app;
}

/** Leaves out of a path what gives access: the query, and the signature of a clip. */
function loggedPath(url: string): string {
  return (url.split('?')[0] ?? '').replace(/^(\/clips\/)[^/]+\//, '$1…/');
}

/** Opens the store while the renderer starts; if one of them fails, the other is closed again. */
async function openAll(
  config: Config,
  renderer: OfflineRenderer,
  onClipError: (error: unknown) => void,
): ReturnType<typeof openStorage> {
  const opening = openStorage(config, onClipError);
  try {
    const [opened] = await Promise.all([opening, renderer.ready()]);
    return opened;
  } catch (error) {
    await renderer.close();
    const opened = await opening.catch(() => undefined);
    await opened?.transport.close();
    opened?.close();
    throw error;
  }
}
