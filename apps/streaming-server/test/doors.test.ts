import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { doorsWith, listenerOf } from './listeners.ts';
import { pushOf } from './pushes.ts';
import { operator, operatorToken, TestServer } from './server.ts';
import { type BodySchema, wrongBodies } from './wrong-bodies.ts';

/** A response, as it came over the wire. */
interface Wire {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Sends a request as it is, which fetch would tidy up first; what streams is cut off at its head. */
function send(
  origin: string,
  path: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Wire> {
  return new Promise((resolve, reject) => {
    const sent = request(origin, { path, method, headers }, (response) => {
      const { statusCode: status = 0, headers: got } = response;
      const isStream = got['content-type'] === 'text/event-stream';
      if (isStream) {
        resolve({ status, headers: got, body: '' });
        response.destroy();
        return;
      }
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status, headers: got, body: text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** A place for a text of the client, in a route of the server's own document. */
interface Place {
  readonly method: string;
  readonly place: string;
  readonly path: (text: string) => string;
}

/** What a path or a query has where another part of it is hostile. */
const harmless: Readonly<Record<string, string>> = {
  owner: 'octo',
  name: 'cat',
  room: 'octo/cat',
  happening: 'push',
  phraseId: 'abc-1',
  clientId: 'someone',
  signature: '1.aaaaaaaaaaaaaaaaaaaaaa',
  id: '1',
  from: '0',
  to: '1000',
  repo: 'octo/cat',
};

/** Returns a place for each part of each path, and each parameter of each query, of every route; and some without a route. */
async function placesOf(server: TestServer): Promise<readonly Place[]> {
  const { paths } = (await (await fetch(`${server.origin}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { parameters?: { in: string; name: string; required?: boolean }[] }>>;
  };
  const found = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { parameters = [] }]) => {
      const query = parameters.filter((one) => one.in === 'query');
      return parameters.map(({ name: hostile }): Place => {
        const value = (name: string, text: string): string => (name === hostile ? text : (harmless[name] ?? 'x'));
        return {
          method: method.toUpperCase(),
          place: `${path} ${hostile}`,
          path: (text) => {
            const asked = query.filter(({ name, required }) => required === true || name === hostile);
            const search = asked.map(({ name }) => `${name}=${value(name, text)}`).join('&');
            const tail = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => value(name, text));
            return search === '' ? tail : `${tail}?${search}`;
          },
        };
      });
    }),
  );
  const others = ['/', '/assets/', '/docs/', '/docs/static/', '/history/octo/cat?'].map(
    (path): Place => ({ method: 'GET', place: path, path: (text) => `${path}${text}` }),
  );
  return [...found, ...others];
}

/** A route that takes a body, by the document. */
interface BodyRoute {
  readonly method: string;
  readonly route: string;
  readonly path: string;
  readonly schema: BodySchema;
  readonly codes: readonly string[];
}

/** Returns every route that takes JSON, with what the document says of its body. */
async function bodiesOf(server: TestServer): Promise<readonly BodyRoute[]> {
  interface Operation {
    readonly requestBody?: { readonly content?: { readonly 'application/json'?: { readonly schema: BodySchema } } };
    readonly responses: Readonly<Record<string, { readonly description?: string }>>;
  }
  const { paths } = (await (await fetch(`${server.origin}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  return Object.entries(paths).flatMap(([route, methods]) =>
    Object.entries(methods).flatMap(([method, { requestBody, responses }]) => {
      const schema = requestBody?.content?.['application/json']?.schema;
      if (!schema) return [];
      const codes = [...(responses['400']?.description ?? '').matchAll(/`([A-Z_]+)`/g)].map(([, code = '']) => code);
      const path = route.replaceAll(/\{(\w+)\}/g, (_, name: string) => harmless[name] ?? 'x');
      return [{ method: method.toUpperCase(), route: `${method} ${route}`, path, schema, codes }];
    }),
  );
}

/** Texts that reach for something, or break out of where they are put. */
const texts: readonly string[] = [
  '..%2f..%2f..%2fcanary',
  '%2e%2e/%2e%2e/canary',
  '..%5c..%5ccanary',
  '/etc/passwd',
  'file:%2f%2f%2fetc%2fpasswd',
  'a%00b',
  'a/b%00.flac',
  'a/b%0d%0aset-cookie:%20stolen=1',
  'a/b%0aid:%209%0adata:%20forged',
  'a/b%e2%80%a8c',
  '%',
  '%ff',
  '%c0%ae%c0%ae%2fcanary',
  '__proto__',
  'constructor/prototype',
  'a/__proto__',
  'a/..',
  'a/.',
  '-a/b',
  "a/b'%20OR%201=1--",
  'a/b%22%3E%3Cscript%3E',
  '%7B%22$gt%22:%22%22%7D',
  '$%7Bjndi:ldap://x%7D',
  'null',
  '[object%20Object]',
  '1e999',
  '-1',
  '%F0%9F%98%BA',
  'a'.repeat(5000),
  'a/'.repeat(200),
];

/** Bodies that are not what a route wants. */
const bodies: readonly string[] = [
  '',
  'null',
  '[]',
  '"text"',
  '{"token":7}',
  '{"token":"a.b.c","rooms":{}}',
  '{"rooms":["../../x"]}',
  '{"rooms":[null]}',
  '{"__proto__":{"isOperator":true}}',
  '{"constructor":{"prototype":{}}}',
  '{"repositories":[1e400]}',
  '{"repositories":[-1]}',
  `{"token":"${'a'.repeat(9000)}"}`,
  '['.repeat(3000),
  '{"broken":',
];

describe('a hostile request', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'bnc-doors-'));
  let server: TestServer;
  beforeAll(async () => {
    writeFileSync(join(folder, 'canary'), 'canary-outside-of-the-data');
    server = await TestServer.start({
      adminTokens: [operatorToken],
      dataDir: join(folder, 'data'),
      doors: doorsWith(),
    });
    await server.deliver('push', pushOf('octo/cat', 930));
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  const check = (what: string, { status, headers, body }: Wire): void => {
    expect(status, what).toBeGreaterThanOrEqual(200);
    expect(status, what).toBeLessThan(500);
    expect(body, what).not.toMatch(/canary-outside|root:x:|node_modules|\.ts:\d|at \w+ \(/);
    expect(JSON.stringify([headers['set-cookie'], headers.stolen]), what).not.toContain('stolen');
    // What is repeated of a request can be nothing but JSON.
    expect(headers['x-content-type-options'], what).toBe('nosniff');
    if (/<script>/i.test(body)) expect(headers['content-type'], what).toMatch(/^application\/json/);
    if (status < 400) return;
    expect(JSON.parse(body), what).toMatchObject({ statusCode: status, message: expect.any(String) });
  };

  test('to any place of any route is refused in words, or finds nothing, whoever sends it', async () => {
    const places = await placesOf(server);
    expect(places.length).toBeGreaterThan(60);
    for (const { method, place, path } of places) {
      const body = method === 'PUT' ? '{"repositories":["octo/one"]}' : method === 'POST' ? '{}' : undefined;
      const type = body === undefined ? {} : { 'content-type': 'application/json' };
      await Promise.all(
        texts.map(async (text, turn) => {
          const headers = { ...(turn % 2 === 0 ? operator : {}), ...type };
          const wire = await send(server.origin, path(text), { method, headers, ...(body !== undefined && { body }) });
          check(`${method} ${place}: ${text.slice(0, 60)}`, wire);
        }),
      );
    }
  });

  test('by a method that a path does not have finds nothing', async () => {
    for (const method of ['PUT', 'PATCH', 'DELETE', 'PROPFIND', 'TRACE']) {
      for (const path of ['/health', '/time', '/repos/octo/cat/history', '/stream/octo/cat', '/openapi.json', '/']) {
        const wire = await send(server.origin, path, { method });
        check(`${method} ${path}`, wire);
        expect([400, 404], `${method} ${path}`).toContain(wire.status);
      }
    }
  });

  test('with a body that no route wants is refused in words', async () => {
    for (const [method, path] of [
      ['POST', '/session'],
      ['POST', '/session/someone/lead'],
      ['POST', '/tokens'],
      ['PUT', '/rooms/team'],
      ['POST', '/webhooks/github'],
      ['POST', '/rooms/octo/cat'],
      ['POST', '/stream/octo/cat/test'],
    ] as const) {
      for (const body of bodies) {
        // Nothing to change is a test phrase as usual.
        if (path.endsWith('/test') && body === 'null') continue;
        for (const type of ['application/json', 'text/plain']) {
          const headers = { ...operator, 'content-type': type };
          const wire = await send(server.origin, path, { method, headers, body });
          check(`${method} ${path} ${type} ${body.slice(0, 40)}`, wire);
          expect(wire.status, `${method} ${path} ${body.slice(0, 40)}`).toBeGreaterThanOrEqual(400);
        }
      }
    }
  });

  test('with a body that is wrong in one place is refused by a code that the document names, or does no harm', async () => {
    const refused = new Set<string>();
    let sent = 0;
    for (const { method, route, path, schema, codes } of await bodiesOf(server)) {
      const tryBody = async ({ place, body }: { readonly place: string; readonly body: string }): Promise<void> => {
        // From an address of its own, so that no limit comes before the check.
        const address = `203.0.${113 + (sent >> 8)}.${sent++ % 256}`;
        const headers = { ...operator, 'content-type': 'application/json', 'x-forwarded-for': address };
        const wire = await send(server.origin, path, { method, headers, body });
        const what = `${route} ${body.slice(0, 80)}`;
        check(what, wire);
        expect(wire.status, what).not.toBe(429);
        if (wire.status !== 400) return;
        const { code } = JSON.parse(wire.body) as { code: string };
        if (!code.startsWith('FST_')) expect(codes, what).toContain(code);
        refused.add(`${route} ${place}`);
      };
      const all = [...wrongBodies(schema)];
      while (all.length > 0) await Promise.all(all.splice(0, 50).map(tryBody));
    }
    expect(sent).toBeGreaterThan(500);
    // Each part of each body is checked.
    const places = (await bodiesOf(server)).flatMap(({ route, schema }) =>
      [...wrongBodies(schema)].map(({ place }) => `${route} ${place}`),
    );
    expect(places.filter((place) => !refused.has(place))).toEqual([]);
  });

  test('with headers that claim something gets no more than without them', async () => {
    for (const headers of [
      { authorization: 'Bearer' },
      { authorization: `Bearer ${'a'.repeat(7000)}` },
      { authorization: 'Basic b3BlcmF0b3I6' },
      { cookie: 'bnc-token=; bnc-token=a.b.c; __Host-bnc-login=x; =; ;' },
      { 'x-forwarded-for': "'; DROP TABLE repositories; --, 1.2.3" },
      { 'x-forwarded-proto': 'javascript' },
      { 'x-request-id': 'a'.repeat(500) },
      { origin: 'null' },
    ]) {
      const wire = await send(server.origin, '/dead-letters', { headers });
      check(JSON.stringify(headers).slice(0, 60), wire);
      expect(wire.status).toBe(401);
      expect(String(wire.headers['x-request-id'])).toMatch(/^[\w-]{36}$/);
    }
  });

  test('leaves the server as it was', async () => {
    const { body } = await send(server.origin, '/health');
    expect(JSON.parse(body)).toMatchObject({ status: 'healthy', activeClients: 0 });
    expect(({} as { isOperator?: unknown }).isOperator).toBeUndefined();
  });
});

describe('the doors', { timeout: 60_000 }, () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({
      adminTokens: [operatorToken],
      doors: doorsWith({
        corsOrigins: ['https://friend.example'],
        publicUrl: 'https://music.example.com',
        rateLimit: 20,
      }),
    });
  });
  afterAll(() => server.close());
  /** Headers of a request that a proxy on this machine forwards. */
  const from = (address: string, more: Record<string, string> = {}): Record<string, string> => ({
    'x-forwarded-for': address,
    ...more,
  });

  test.each([
    'https://enemy.example',
    'null',
    'https://friend.example.enemy.example',
    'http://friend.example',
    'https://friend.example:444',
  ])('let no script of %s read anything, and never with a cookie', async (origin) => {
    for (const path of ['/health', '/session', '/history/octo/cat', '/time', '/stream/octo/cat?format=score']) {
      for (const method of ['GET', 'OPTIONS']) {
        const headers = { origin, 'access-control-request-method': 'GET' };
        const wire = await send(server.origin, path, { method, headers });
        expect(wire.headers['access-control-allow-origin'], `${method} ${path}`).toBeUndefined();
        expect(wire.headers['access-control-allow-credentials'], `${method} ${path}`).toBeUndefined();
      }
    }
  });

  test('let scripts of an origin in the list read, with a bearer token but without cookies', async () => {
    const origin = 'https://friend.example';
    for (const path of ['/health', '/time', '/stream/octo/cat?format=score']) {
      const wire = await send(server.origin, path, { headers: { origin } });
      expect(wire.headers['access-control-allow-origin'], path).toBe(origin);
      expect(wire.headers['access-control-allow-credentials'], path).toBeUndefined();
    }
    const asked = await send(server.origin, '/history/octo/cat', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
    });
    expect(asked.headers['access-control-allow-headers']).toContain('authorization');
  });

  test('stay shut to the operator under the name of another host, which may lead here by DNS', async () => {
    for (const host of [
      'enemy.example',
      'music.example.com.enemy.example',
      'localhost.enemy.example',
      '127.0.0.1.nip.io',
    ]) {
      const wire = await send(server.origin, '/dead-letters', { headers: { ...operator, host } });
      expect([host, wire.status]).toEqual([host, 421]);
      expect(JSON.parse(wire.body)).toMatchObject({ code: 'HOST_NOT_ALLOWED' });
    }
    const claimed = { ...operator, host: 'enemy.example', 'x-forwarded-host': 'localhost' };
    expect((await send(server.origin, '/dead-letters', { headers: claimed })).status).toBe(421);
    for (const host of ['localhost:3000', '127.0.0.1', '[::1]:80', 'music.example.com', '10.0.0.7:3000']) {
      expect((await send(server.origin, '/dead-letters', { headers: { ...operator, host } })).status).toBe(200);
    }
  });

  test('give every response its headers and an id, which a proxy may choose', async () => {
    for (const path of ['/', '/health', '/nowhere', '/stream/octo/cat?format=score', `/clips/${'0'.repeat(64)}.flac`]) {
      const { headers } = await send(server.origin, path, { headers: { 'x-request-id': 'proxy-1' } });
      expect(headers, path).toMatchObject({
        'x-request-id': 'proxy-1',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=31536000',
        'content-security-policy': expect.stringContaining("default-src 'self'"),
      });
    }
  });

  test('do not listen to an address that guesses tokens: ten wrong ones in a minute, and the right one too late', async () => {
    const guess = (n: number): Record<string, string> => from('203.0.113.9', { authorization: `Bearer guess-${n}` });
    const statuses: number[] = [];
    for (let n = 0; n < 12; n++) {
      statuses.push((await send(server.origin, '/dead-letters', { headers: guess(n) })).status);
    }
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
    const right = await send(server.origin, '/dead-letters', { headers: from('203.0.113.9', operator) });
    expect([right.status, right.headers['retry-after']]).toEqual([429, '60']);
    expect((await send(server.origin, '/dead-letters', { headers: from('203.0.113.10', operator) })).status).toBe(200);
    // The same network of IPv6 is one address.
    for (let n = 0; n < 10; n++) {
      await send(server.origin, '/rooms', { headers: from(`2001:db8:1:2::${n}`, { authorization: `Bearer ${n}` }) });
    }
    expect((await send(server.origin, '/rooms', { headers: from('2001:db8:1:2::99', operator) })).status).toBe(429);
  });

  test('count requests by address, or by token, and say when to come back', async () => {
    const burst = async (headers: Record<string, string>): Promise<Wire[]> => {
      const wires: Wire[] = [];
      for (let n = 0; n < 22; n++) wires.push(await send(server.origin, '/time', { headers }));
      return wires;
    };
    const refused = (await burst(from('198.51.100.1'))).filter(({ status }) => status === 429);
    expect(refused).toHaveLength(2);
    expect(JSON.parse(refused[0]?.body ?? '')).toMatchObject({ code: 'RATE_LIMITED' });
    expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThan(0);
    expect((await send(server.origin, '/time', { headers: from('198.51.100.2') })).status).toBe(200);
    for (let n = 0; n < 19; n++) await send(server.origin, `/nowhere-${n}`, { headers: from('198.51.100.2') });
    expect((await send(server.origin, '/nowhere', { headers: from('198.51.100.2') })).status).toBe(429);
    // A token brings its own count, wherever it comes from; another token from the same address has another.
    const one = await listenerOf([1], { subject: 'one' });
    expect((await burst(from('198.51.100.1', one))).filter(({ status }) => status === 429)).toHaveLength(2);
    expect((await send(server.origin, '/time', { headers: from('198.51.100.3', one) })).status).toBe(429);
    const two = from('198.51.100.1', await listenerOf([1], { subject: 'two' }));
    expect((await send(server.origin, '/time', { headers: two })).status).toBe(200);
    // GitHub's deliveries, and this machine, are not counted.
    const webhooks = await Promise.all(
      Array.from({ length: 25 }, () => server.deliver('push', pushOf('octo/cat', 931), { headers: from('192.0.2.1') })),
    );
    expect(new Set(webhooks.map(({ status }) => status))).toEqual(new Set([202]));
    expect((await burst({})).every(({ status }) => status === 200)).toBe(true);
  });
});

describe('a server in production without operator, and without a trusted proxy', { timeout: 60_000 }, () => {
  const lines: string[] = [];
  const { write } = process.stdout;
  let server: TestServer;
  beforeAll(async () => {
    process.stdout.write = (chunk: string | Uint8Array): boolean => lines.push(String(chunk)) > 0;
    const doors = doorsWith({ trustProxy: [], rateLimit: 5 });
    server = await TestServer.start({ adminTokens: [], doors, production: true });
  });
  afterAll(async () => {
    await server.close();
    process.stdout.write = write;
  });

  test('believes no address that a stranger claims to have', async () => {
    // All of them come from this machine, which is not counted.
    for (let n = 0; n < 8; n++) {
      expect((await send(server.origin, '/time', { headers: { 'x-forwarded-for': '198.51.100.7' } })).status).toBe(200);
    }
  });

  test('has no routes for an operator', async () => {
    for (const headers of [{}, operator, { authorization: 'Bearer ' }, { authorization: 'Bearer undefined' }]) {
      expect((await send(server.origin, '/dead-letters', { headers })).status).toBe(401);
      expect((await send(server.origin, '/tokens', { method: 'POST', headers })).status).toBe(401);
    }
  });

  test('leaves no token in its log, whatever becomes of the request', async () => {
    const canary = 'canary-in-a-token';
    const headers = {
      authorization: `Bearer ${canary}`,
      cookie: `bnc-token=${canary}`,
      referer: `http://x/?${canary}`,
    };
    for (const path of ['/stream/a/b', `/clips/zz.${canary}-xxxxx/a.flac`, '/session', '/dead-letters', '/nowhere']) {
      for (const method of ['GET', 'POST']) await send(server.origin, `${path}?token=${canary}`, { method, headers });
    }
    await expect.poll(() => lines.join('')).toContain('/dead-letters');
    expect(lines.join('')).not.toContain(canary);
  });
});
