import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { anyObject, listOf, moment, objectOf, type RouteFacts, routeSchema, tailParams, text } from './schemas.ts';

/** Number of something. */
const count = { type: 'number' } as const;

/** Who listens, as `/health` describes it. */
const client = objectOf({
  clientId: text,
  repoId: text,
  connectedAt: moment('When it came.'),
  lastActivity: moment('When it last read something.'),
  connectionDuration: count,
});

/** Describes the routes that come without a schema, by method and path. */
const others: Readonly<Record<string, RouteFacts>> = {
  'POST /webhooks/github': {
    summary: 'Deliver what happened on GitHub',
    tag: 'Deliveries',
    description: 'Signed by `X-Hub-Signature-256`, as GitHub does.',
    responses: { 200: objectOf({ deliveryId: text, status: text }), 202: objectOf({ deliveryId: text, status: text }) },
    errors: {
      400: ['WEBHOOK_HEADER_INVALID', 'WEBHOOK_BODY_INVALID', 'WEBHOOK_REPOSITORY_INVALID'],
      401: ['WEBHOOK_SIGNATURE_MISSING', 'WEBHOOK_SIGNATURE_INVALID'],
      408: ['WEBHOOK_BODY_TIMEOUT'],
      413: ['WEBHOOK_BODY_TOO_LARGE'],
      415: ['WEBHOOK_MEDIA_TYPE_UNSUPPORTED'],
      503: ['WEBHOOK_BUSY', 'WEBHOOK_STORE_UNAVAILABLE'],
    },
  },
  'GET /health': {
    summary: 'Read the numbers of this server',
    tag: 'Server',
    responses: {
      200: objectOf(
        {
          status: text,
          warnings: listOf(text),
          activeClients: count,
          activeSessions: count,
          totalBuffersCreated: count,
          memoryUsage: count,
          uptime: count,
          rendered: count,
          clients: listOf(client),
          timestamp: moment('Now.'),
        },
        ['status', 'activeClients', 'activeSessions', 'clients'],
      ),
    },
  },
  'GET /health/repo/*': {
    summary: 'Read who listens to a room on this server',
    tag: 'Server',
    params: tailParams,
    responses: {
      200: objectOf({ repoId: text, activeClients: count, clients: listOf(client), timestamp: moment('Now.') }),
    },
    errors: { 400: ['REPO_ID_INVALID'], 404: ['REPO_NOT_FOUND'] },
  },
};

/** Path of the page that shows the document. */
const docsPath = '/docs';

/** The page styles its pictures inline. Scripts come from this server alone, as everywhere. */
const docsPolicy =
  "default-src 'self';style-src 'self' 'unsafe-inline';img-src 'self' data:;object-src 'none';base-uri 'none';frame-ancestors 'none';form-action 'self'";

/**
 * `GET /openapi.json`: what every route takes and returns, from the schemas that its requests are checked by; and
 * `GET /docs`, a page made from that, whose files come from this server.
 */
export async function openApi(app: FastifyInstance, { version }: { readonly version: string }): Promise<void> {
  const { basePath } = app;
  app.addHook('onRoute', (route) => {
    const facts = others[`${String(route.method)} ${route.url}`];
    if (facts) route.schema ??= routeSchema(facts);
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Bots & Cats',
        version,
        description: 'Activity on GitHub as live music. docs/protocol.md describes streams and formats in full.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: basePath || '/' }],
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    },
    transform: ({ schema, url }) => ({ schema: paramsOf(schema, url), url: nameOf(url) }),
  });
  await app.register(swaggerUi, { routePrefix: docsPath, indexPrefix: basePath, staticCSP: docsPolicy });
  const schema = routeSchema({
    summary: 'Read this document',
    tag: 'Server',
    responses: { 200: anyObject('OpenAPI 3.1.') },
  });
  app.get('/openapi.json', { schema }, () => app.swagger());
}

/** Names the tail of a path, which has no name in a route. */
function nameOf(url: string): string {
  return url.replace('/*', '/:room');
}

/** Returns a schema with only those of its params that a path has. */
function paramsOf<SchemaOfRoute>(schema: SchemaOfRoute, url: string): SchemaOfRoute {
  const { params } = (schema ?? {}) as {
    readonly params?: { readonly properties?: Readonly<Record<string, unknown>> };
  };
  if (!params?.properties) return schema;
  const [, tail = ''] = /:(\w+)$/.exec(nameOf(url)) ?? [];
  const own = Object.entries(params.properties).flatMap(([name, one]) => {
    if (name === '*') return url.includes('*') ? [[tail, one] as const] : [];
    return url.includes(`:${name}`) ? [[name, one] as const] : [];
  });
  return { ...schema, params: { ...params, properties: Object.fromEntries(own) } };
}
