import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operatorToken, TestServer } from './server.ts';

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly required?: boolean }[];
  readonly responses: Readonly<Record<string, { readonly description?: string }>>;
}

interface Document {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const protocol = readFileSync(join(import.meta.dirname, '../../../docs/protocol.md'), 'utf8');

describe('the document of the routes', { timeout: 30_000 }, () => {
  let server: TestServer;
  let document: Document;
  /** Every route that was registered, such as `GET /time`. */
  const registered: string[] = [];
  const watch = (message: unknown): void => {
    (message as { fastify: FastifyInstance }).fastify.addHook('onRoute', ({ method, url, schema }: RouteOptions) => {
      if (schema?.hide === true) return;
      for (const one of [method].flat()) if (one !== 'HEAD' && one !== 'OPTIONS') registered.push(`${one} ${url}`);
    });
  };
  beforeAll(async () => {
    subscribe('fastify.initialization', watch);
    server = await TestServer.start({ demo: true, adminTokens: [operatorToken] });
    unsubscribe('fastify.initialization', watch);
    document = (await (await fetch(`${server.origin}/openapi.json`)).json()) as Document;
  });
  afterAll(() => server.close());

  const operations = (): readonly (readonly [route: string, operation: Operation])[] =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
    );

  test('has every route, and no other', () => {
    const routes = registered.map((route) =>
      route
        .replace('/*', '/{room}')
        .replaceAll(/\(\^.*?\$\)/g, '')
        .replaceAll(/:(\w+)/g, '{$1}'),
    );
    expect(document.openapi).toBe('3.1.0');
    expect(
      operations()
        .map(([route]) => route)
        .toSorted(),
    ).toEqual([...new Set(routes)].toSorted());
  });

  test('says of each what it does, what its path names and how it responds', () => {
    for (const [route, { summary, tags, parameters = [], responses }] of operations()) {
      expect(summary, route).toMatch(/^[A-Z].*[^.]$/);
      expect(tags, route).toHaveLength(1);
      const named = [...route.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
      expect(
        parameters
          .filter((one) => one.in === 'path')
          .map(({ name }) => name)
          .toSorted(),
        route,
      ).toEqual(named.toSorted());
      expect(
        Object.keys(responses).some((status) => /^[23]/.test(status)),
        route,
      ).toBe(true);
    }
  });

  test('has the same routes and codes as the protocol', () => {
    const written = [...protocol.matchAll(/`(GET|POST|PUT|DELETE) (\/[^`? ]+)/g)].map(
      ([, method = '', path = '']) => `${method} ${path.replaceAll(/:sha256\.:ext/g, ':name')}`,
    );
    const routes = operations().map(([route]) =>
      route.replace('{owner}/{name}', '{room}').replaceAll(/\{(\w+)\}/g, ':$1'),
    );
    expect([...new Set(written)].toSorted()).toEqual([...new Set(routes)].toSorted());
    const codes = new Set([...protocol.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code));
    for (const [route, { responses }] of operations()) {
      for (const [status, { description = '' }] of Object.entries(responses)) {
        if (!/^[45]/.test(status)) continue;
        for (const [, code] of description.matchAll(/`([A-Z_]+)`/g)) expect(codes, route).toContain(code);
      }
    }
  });
});
