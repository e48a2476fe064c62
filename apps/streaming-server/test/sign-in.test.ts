import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { doorsWith, listenerOf } from './listeners.ts';
import { LoopbackGitHub } from './loopback-github.ts';
import { LoopbackOidc } from './loopback-oidc.ts';
import { pushOf } from './pushes.ts';
import { operator, operatorToken, TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

/** What `POST /session` returns. */
interface Session {
  readonly status: number;
  readonly code?: string;
  readonly name?: string;
  readonly expiresAt?: number;
}

/** A browser without windows: it keeps cookies and follows redirects. */
class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();

  async get(url: string, init: RequestInit = {}): Promise<Response> {
    const { origin } = new URL(url);
    const jar = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, jar);
    const headers = { ...(init.headers as Record<string, string>), cookie: this.cookieFor(origin) };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /max-age=0|1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null || init.redirect === 'manual') return response;
    return this.get(new URL(location, url).href);
  }

  cookieFor(origin: string): string {
    return [...(this.#cookies.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  namesFor(origin: string): readonly string[] {
    return [...(this.#cookies.get(origin)?.keys() ?? [])].toSorted();
  }

  async session(origin: string, body: object = {}): Promise<Session> {
    const init = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await this.get(`${origin}/session`, init);
    return { ...((await response.json()) as object), status: response.status };
  }

  listen(origin: string, room: string): Promise<SSEReader> {
    return SSEReader.open(`${origin}/stream/${room}?format=score`, { cookie: this.cookieFor(origin) });
  }

  async status(origin: string, room: string): Promise<number> {
    return (await this.get(`${origin}/history/${room}`)).status;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

describe('signing in', { timeout: 60_000 }, () => {
  let server: TestServer;
  let github: LoopbackGitHub;
  let oidc: LoopbackOidc;
  let origin: string;
  let browser: Browser;
  let users = 0;
  beforeAll(async () => {
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    [github, oidc] = await Promise.all([LoopbackGitHub.start(), LoopbackOidc.start(`${origin}/login/callback`)]);
    const rules = [
      { claim: { name: 'groups', value: 'music' }, repositories: ['acme/*'] },
      { claim: { name: 'name', value: 'Bob' }, repositories: ['acme/other'] },
    ];
    const doors = doorsWith({ github: github.config, oidc: oidc.configWith(rules) });
    server = await TestServer.start({ port, adminTokens: [operatorToken], doors, streamDefaultAccess: 'deny' });
    for (const [repoId, id] of [
      ['acme/secret', 951],
      ['acme/other', 952],
      ['acme-two/secret', 953],
    ] as const) {
      await server.deliver('push', pushOf(repoId, id, true));
    }
  });
  afterAll(async () => {
    await server.close();
    await Promise.all([github[Symbol.asyncDispose](), oidc[Symbol.asyncDispose]()]);
  });
  beforeEach(() => {
    browser = new Browser();
    github.status = undefined;
    github.user = { id: ++users, login: 'ada', mayRead: new Map([['acme/secret', 951]]) };
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const login = (way: 'oidc' | 'github', room = 'acme/secret'): Promise<Response> =>
    browser.get(`${origin}/login?with=${way}&room=${room}`);

  test('is offered to the page, with who has signed in', async () => {
    const asked = async (): Promise<unknown> => (await browser.get(`${origin}/session`)).json();
    const ways = [
      { label: '127.0.0.1', url: '/login?with=oidc' },
      { label: 'GitHub', url: '/login?with=github' },
    ];
    expect(await asked()).toEqual({ canSignIn: true, ways });
    await login('github');
    expect(await asked()).toMatchObject({ canSignIn: true, ways, name: 'ada' });
  });

  test('with a token of the operator opens its rooms in a cookie, lasts as long as the operator said, and ends', async () => {
    const made = await fetch(`${origin}/tokens`, {
      method: 'POST',
      headers: { ...operator, 'content-type': 'application/json' },
      body: JSON.stringify({ rooms: ['acme/secret'], name: 'Ada', renewableMinutes: 60 }),
    });
    const { token } = (await made.json()) as { token: string };
    expect(made.status).toBe(201);
    vi.useFakeTimers({ toFake: ['Date'] });
    expect(await browser.session(origin, { token })).toMatchObject({ status: 200, name: 'Ada' });
    expect(browser.namesFor(origin)).toEqual(['bnc-login', 'bnc-token']);
    expect([await browser.status(origin, 'acme/secret'), await browser.status(origin, 'acme/other')]).toEqual([
      200, 404,
    ]);
    for (let minutes = 0; minutes < 54; minutes += 9) {
      vi.setSystemTime(Date.now() + 9 * 60_000);
      const { status, expiresAt = 0 } = await browser.session(origin, { rooms: ['acme/secret', 'acme/other'] });
      expect([status, expiresAt <= Date.now() + 600_000]).toEqual([200, true]);
      expect([await browser.status(origin, 'acme/secret'), await browser.status(origin, 'acme/other')]).toEqual([
        200, 404,
      ]);
    }
    vi.setSystemTime(Date.now() + 9 * 60_000);
    expect(await browser.session(origin)).toMatchObject({ status: 401, code: 'SESSION_ENDED' });
    expect(await browser.status(origin, 'acme/secret')).toBe(404);
  });

  test('with a token that is not valid says so, and no more', async () => {
    const bad = [
      'x',
      (await listenerOf([951], { secret: 'another-secret-of-32-bytes-or-more' })).authorization.slice(7),
    ];
    for (const token of bad) {
      expect(await browser.session(origin, { token })).toMatchObject({ status: 401, code: 'SESSION_TOKEN_INVALID' });
    }
    expect(browser.namesFor(origin)).toEqual([]);
    expect(await browser.session(origin)).toMatchObject({ status: 401, code: 'SESSION_ENDED' });
  });

  test('is not needed by a program, which sends its token and has the next one made in time', async () => {
    const renew = async (headers: Record<string, string>): Promise<{ status: number; token?: string }> => {
      const response = await fetch(`${origin}/session`, { method: 'POST', headers });
      return { ...((await response.json()) as object), status: response.status };
    };
    const { status, token } = await renew(await listenerOf([951], { renewableUntil: Date.now() + 3_600_000 }));
    expect(status).toBe(200);
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${origin}/history/acme/secret`, { headers })).status).toBe(200);
    expect((await renew(await listenerOf([951]))).status).toBe(401);
  });

  test('ends when one signs out', async () => {
    await login('github');
    await browser.session(origin, { rooms: ['acme/secret'] });
    expect(await browser.status(origin, 'acme/secret')).toBe(200);
    expect((await browser.get(`${origin}/session`, { method: 'DELETE' })).status).toBe(204);
    expect(browser.namesFor(origin)).toEqual([]);
    expect(await browser.status(origin, 'acme/secret')).toBe(404);
  });

  test('over plain http from another host is refused with a sentence that says what to do', async () => {
    const wires: readonly Record<string, string>[] = [
      { 'x-forwarded-for': '192.0.2.7' },
      { 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'http' },
    ];
    const { authorization } = await listenerOf([951]);
    for (const headers of wires) {
      for (const [method, path] of [
        ['POST', '/session'],
        ['GET', '/login?with=github'],
        ['GET', '/login/callback?code=a&state=b'],
      ] as const) {
        const response = await fetch(`${origin}${path}`, { method, headers, redirect: 'manual' });
        const { code, message } = (await response.json()) as Record<string, string>;
        expect([path, response.status, code]).toEqual([path, 403, 'SIGN_IN_NEEDS_HTTPS']);
        expect(message).toContain('caddy reverse-proxy');
        expect(response.headers.getSetCookie()).toEqual([]);
      }
      // Nor does a cookie open anything on such a line.
      const cookie = `bnc-token=${authorization.slice(7)}`;
      expect((await fetch(`${origin}/history/acme/secret`, { headers: { ...headers, cookie } })).status).toBe(404);
    }
    // Over HTTPS the cookies are bound to the host.
    const secure = { 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https', 'content-type': 'application/json' };
    const body = JSON.stringify({ token: authorization.slice(7) });
    const response = await fetch(`${origin}/session`, { method: 'POST', headers: secure, body });
    expect(response.headers.getSetCookie()[0]).toMatch(
      /^__Host-bnc-token=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
  });

  describe('by OpenID Connect', () => {
    test('opens what the rules give someone with these claims, and nothing else', async () => {
      oidc.person = { id: 'ada', claims: { name: 'Ada', groups: ['drums', 'music'] } };
      const page = await login('oidc', 'acme/secret');
      expect(new URL(page.url).search).toBe('?repo=acme%2Fsecret');
      const rooms = ['acme/secret', 'acme/other', 'acme-two/secret', 'acme/unknown'];
      expect(await browser.session(origin, { rooms })).toMatchObject({ status: 200, name: 'Ada' });
      const statuses = await Promise.all(rooms.map((room) => browser.status(origin, room)));
      expect(statuses).toEqual([200, 200, 404, 404]);
      await using listener = await browser.listen(origin, 'acme/secret');
      expect(listener.messages).toHaveLength(1);
    });

    test('opens nothing to those whom no rule names', async () => {
      oidc.person = { id: 'eve', claims: { name: 'Eve', groups: ['music '] } };
      await login('oidc');
      await browser.session(origin, { rooms: ['acme/secret', 'acme/other'] });
      expect([await browser.status(origin, 'acme/secret'), await browser.status(origin, 'acme/other')]).toEqual([
        404, 404,
      ]);
    });

    test('signs nobody in who turns back, or comes back with what is not theirs', async () => {
      oidc.person = undefined;
      expect((await login('oidc')).url).toMatch(/#sign-in-failed|\?repo=/);
      expect(browser.namesFor(origin)).toEqual([]);
      oidc.person = { id: 'ada', claims: { groups: ['music'] } };
      // A link that an attacker has made: the browser has no sign-in under way.
      const stray = await browser.get(`${origin}/login/callback?code=stolen&state=stolen`, { redirect: 'manual' });
      expect(stray.headers.get('location')).toBe('/#sign-in-failed');
      // A state that is not the one of this browser.
      await browser.get(`${origin}/login?with=oidc`, { redirect: 'manual' });
      const forged = await browser.get(`${origin}/login/callback?code=stolen&state=stolen`, { redirect: 'manual' });
      expect(forged.headers.get('location')).toBe('/#sign-in-failed');
      expect(browser.namesFor(origin)).toEqual([]);
    });
  });

  describe('with GitHub', () => {
    test('opens what GitHub lets one read, by the number of the repository', async () => {
      github.user.mayRead.set('acme/other', 999);
      await login('github');
      await browser.session(origin, { rooms: ['acme/secret', 'acme/other', 'acme-two/secret'] });
      const statuses = await Promise.all(
        ['acme/secret', 'acme/other', 'acme-two/secret'].map((room) => browser.status(origin, room)),
      );
      expect(statuses).toEqual([200, 404, 404]);
    });

    test('asks GitHub as often about a room that is not known here as about a private one', async () => {
      github.user.mayRead.clear();
      await login('github');
      const askedFor = async (room: string): Promise<number> => {
        const before = github.asked;
        await browser.session(origin, { rooms: [room] });
        return github.asked - before;
      };
      for (const room of ['acme/secret', 'acme/unknown']) {
        expect([await askedFor(room), await askedFor(room)], room).toEqual([1, 0]);
        expect(await browser.status(origin, room)).toBe(404);
      }
    });

    test('asks GitHub once for all tabs, and again within five minutes: who may not read any more hears no more', async () => {
      await login('github');
      vi.useFakeTimers({ toFake: ['Date'] });
      const before = github.asked;
      const rooms = ['acme/secret'];
      const sessions = await Promise.all([1, 2, 3].map(() => browser.session(origin, { rooms })));
      await browser.session(origin, { rooms });
      expect(github.asked - before).toBeLessThanOrEqual(3);
      for (const { expiresAt = 0 } of sessions) expect(expiresAt - Date.now()).toBeLessThanOrEqual(300_000);
      await using listener = await browser.listen(origin, 'acme/secret');
      github.user.mayRead.clear();
      vi.setSystemTime(Date.now() + 290_000);
      expect(await browser.session(origin, { rooms })).toMatchObject({ status: 200 });
      expect(await browser.status(origin, 'acme/secret')).toBe(404);
      vi.setSystemTime(Date.now() + 10_000);
      await listener.ended;
      expect(listener.all('disconnected')[0]?.data.code).toBe('STREAM_EXPIRED');
    });

    test('keeps nobody out or in while GitHub is away, and ends when GitHub ends it', async () => {
      await login('github');
      await browser.session(origin, { rooms: ['acme/secret'] });
      vi.useFakeTimers({ toFake: ['Date'] });
      vi.setSystemTime(Date.now() + 120_000);
      for (const status of [500, 502, 429]) {
        github.status = status;
        expect(await browser.session(origin)).toMatchObject({ status: 503, code: 'SIGN_IN_UNAVAILABLE' });
        expect(await browser.status(origin, 'acme/secret')).toBe(200);
      }
      github.status = undefined;
      github.revokeAll();
      expect(await browser.session(origin)).toMatchObject({ status: 401, code: 'SESSION_ENDED' });
      expect(browser.namesFor(origin)).toEqual([]);
      expect(await browser.status(origin, 'acme/secret')).toBe(404);
    });
  });
});
