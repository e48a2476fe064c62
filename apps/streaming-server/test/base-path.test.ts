import type { StreamMessageOf } from '@bnc/contracts';
import { rms } from '@bnc/testing/sound';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { doorsWith, listenerOf } from './listeners.ts';
import { ListeningPage, launchChromium, monoOf } from './page-recorder.ts';
import { pushOf } from './pushes.ts';
import { deliver, TestServer } from './server.ts';
import { runServer, settingsFor, useFolder } from './server-process.ts';
import { SSEReader } from './sse-reader.ts';

const github = { clientId: 'app', clientSecret: 'secret', scope: '', url: 'https://github.example' };
const doors = doorsWith({ publicUrl: 'https://example.org/music', github });

/** Returns the link to the clip of a phrase. */
function linkIn({ data: { buffer } }: StreamMessageOf<'audio_buffer'>): string {
  const [rendition] = 'renditions' in buffer ? buffer.renditions : [];
  return rendition?.url ?? '';
}

const folder = useFolder();

describe('a server under a path of a host', { timeout: 60_000 }, () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ doors });
  });
  afterAll(() => server.close());
  const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(`${server.origin}${path}`, { redirect: 'manual', headers });

  test('is reached under it, whether a proxy has taken it off or not', async () => {
    for (const path of ['/time', '/music/time', '/', '/music/', '/music/health/repo/octo/path']) {
      expect((await get(path)).status, path).toBe(200);
    }
    for (const path of ['/musical/time', '/music/music/time', '/Music/time']) {
      expect((await get(path)).status, path).toBe(404);
    }
    for (const query of ['', '?repo=octo/path']) {
      expect((await get(`/music${query}`)).headers.get('location')).toBe(`/music/${query}`);
    }
  });

  test.each([
    ['public', false, /^\/music\/clips\/[0-9a-f]{64}\.flac$/],
    ['private', true, /^\/music\/clips\/[\w.-]+\/[0-9a-f]{64}\.flac$/],
  ])('links to clips of a %s room under it', async (name, isPrivate, pattern) => {
    const repoId = `octo/path-${name}`;
    const id = isPrivate ? 981 : 980;
    await server.deliver('push', pushOf(repoId, id, isPrivate));
    const headers = await listenerOf(isPrivate ? [id] : []);
    await using listener = await SSEReader.open(
      `${server.origin}/music/stream/${repoId}?delivery=url&format=flac`,
      headers,
    );
    await server.deliver('push', pushOf(repoId, id, isPrivate));
    const phrase = await listener.next('audio_buffer');
    expect(linkIn(phrase)).toMatch(pattern);
    const clip = await get(linkIn(phrase), { range: 'bytes=0-3' });
    expect([clip.status, await clip.text()]).toEqual([206, 'fLaC']);
    const again = await get(`/repos/${repoId}/phrases/${phrase.data.phraseId}?format=flac`, headers);
    expect(again.headers.get('location')).toMatch(pattern);
  });

  test('sends those who sign in to its path and back, with cookies of its own', async () => {
    const https = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'example.org' };
    expect(await (await get('/session', https)).json()).toMatchObject({
      ways: [{ label: 'GitHub', url: '/music/login?with=github' }],
    });
    const leaving = await get('/music/login?with=github', https);
    const { searchParams } = new URL(leaving.headers.get('location') ?? '');
    expect(searchParams.get('redirect_uri')).toBe('https://example.org/music/login/callback');
    expect(leaving.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-bnc-state\+music=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/),
    ]);
    const back = await get('/login/callback?code=1&state=2', https);
    expect(back.headers.get('location')).toBe('/music/#sign-in-failed');
  });

  test('names it in the document of its routes', async () => {
    expect(await (await get('/music/openapi.json')).json()).toMatchObject({ servers: [{ url: '/music' }] });
  });

  test('shows its pages there: one plays, with clips too, and one describes the routes', async () => {
    await using browser = await launchChromium();
    const strayed: string[] = [];
    server.app.server.prependListener('request', ({ url = '' }) => {
      if (!url.startsWith('/music/')) strayed.push(url);
    });
    const listener = await ListeningPage.open(browser, `${server.origin}/music/?repo=octo/path-page&format=flac`);
    await listener.play();
    await deliver(`${server.origin}/music`, 'push', pushOf('octo/path-page', 982));
    expect(rms(monoOf(await listener.hear(2)))).toBeGreaterThan(0.005);
    const docs = await browser.newPage();
    await docs.goto(`${server.origin}/music/docs`);
    await docs.getByText('/repos/{owner}/{name}/history', { exact: false }).first().waitFor();
    expect({ strayed, errors: listener.errors }).toEqual({ strayed: [], errors: [] });
  });

  test('tells its operator where people and GitHub reach it', async () => {
    const output = await runServer(
      [],
      settingsFor(folder(), { PUBLIC_URL: 'https://example.org/music', PORT: '0' }),
    ).says('Ctrl-C');
    expect(output).toMatch(/plays at +https:\/\/example\.org\/music\/\n/);
    expect(output).toMatch(/Payload URL +https:\/\/example\.org\/music\/webhooks\/github\n/);
    expect(output).toMatch(/Listens at +http:\/\/127\.0\.0\.1:\d+\/\n/);
  });

  test('does not start under a path that one of its routes has', async () => {
    const { ended } = runServer([], settingsFor(folder(), { PUBLIC_URL: 'https://example.org/clips/two' }));
    expect(await ended).toMatchObject({
      code: 2,
      output: expect.stringContaining('PUBLIC_URL cannot have the path /clips/two'),
    });
  });
});
