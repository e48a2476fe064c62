import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';

/** `GET /openapi.json`: what every route takes and returns, from the schemas that its requests are checked by. */
export async function openApi(app: FastifyInstance, { version }: { readonly version: string }): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Bots & Cats',
        version,
        description: 'Activity on GitHub as live music. docs/protocol.md describes streams and formats in full.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
    },
  });
}
