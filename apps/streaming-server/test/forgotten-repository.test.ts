import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { messageOf, pushOf } from './pushes.ts';
import { operator, operatorToken, TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

/** Tells in which files of a folder a word can be found: in their bytes, wherever they come from. */
function filesWith(folder: string, word: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => readFileSync(file).includes(word));
}

describe('a repository that the operator forgets', { timeout: 60_000 }, () => {
  test('leaves no byte of its name, its people and its words in any file, while the server runs and afterwards', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'bnc-forget-'));
    const words = ['canary-owner', 'canary-name', 'canary-message', 'canary-person'];
    const server = await TestServer.start({ dataDir, adminTokens: [operatorToken] });
    await server.deliver('push', pushOf('octo/other', 321));
    const listener = await SSEReader.open(`${server.origin}/stream/canary-owner/canary-name?delivery=url&format=flac`);
    for (let turn = 0; turn < 3; turn++) {
      const push = pushOf('canary-owner/canary-name', 324);
      Object.assign(push.head_commit as object, { message: 'canary-message' });
      Object.assign(push.sender as object, { login: 'canary-person' });
      await server.deliver('push', push);
    }
    const { data } = await listener.next('audio_buffer', 0, 30_000);
    const room = `${server.origin}/repos/canary-owner/canary-name`;
    const span = `from=${data.startAt - 1000}&to=${data.startAt + 100}`;
    await expect.poll(() => Date.now()).toBeGreaterThan(data.startAt + 100);
    for (const path of [`export?${span}&format=mid`, `phrases/${data.phraseId}?format=opus`, 'history?scores=on']) {
      expect((await fetch(`${room}/${path}`)).status, path).toBe(200);
    }
    expect(filesWith(dataDir, 'canary-name')).not.toEqual([]);
    const url = `${server.origin}/repositories/canary-owner/canary-name`;
    expect((await fetch(url, { method: 'DELETE', headers: operator })).status).toBe(204);
    await listener.close();
    for (const word of words) expect(filesWith(dataDir, word), word).toEqual([]);
    await server.close();
    for (const word of words) expect(filesWith(dataDir, word), `${word}, after the end`).toEqual([]);
    expect(filesWith(dataDir, 'octo/other')).not.toEqual([]);
    rmSync(dataDir, { recursive: true });
  });

  test('is not heard by a stranger who comes when nobody listens to it any more', async () => {
    await using server = await TestServer.start({ adminTokens: [operatorToken] });
    await server.deliver('push', pushOf('octo/gone', 322, true));
    const insider = await SSEReader.open(`${server.origin}/stream/octo/gone?format=pcm-s16le`, operator);
    await insider.next('audio_buffer', 0, 30_000);
    await insider.close();
    const url = `${server.origin}/repositories/octo/gone`;
    expect((await fetch(url, { method: 'DELETE', headers: operator })).status).toBe(204);
    await using stranger = await SSEReader.open(`${server.origin}/stream/octo/gone?format=pcm-s16le`, {
      'last-event-id': '0-1',
    });
    const push = pushOf('octo/gone', 322);
    await server.deliver('push', push);
    await stranger.next('audio_buffer', 0, 30_000);
    const titles = stranger.all('audio_buffer').flatMap(({ data }) => data.tells?.map(({ title }) => title));
    expect(titles).toEqual([`Pushed 1 commit to master: ${messageOf(push)}`]);
  });

  test('leaves no clip behind that is being rendered', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'bnc-forget-'));
    await using server = await TestServer.start({ dataDir, adminTokens: [operatorToken] });
    await using listener = await SSEReader.open(`${server.origin}/stream/octo/gone?delivery=url&format=flac`);
    await server.deliver('push', pushOf('octo/gone', 323));
    const phrases = async (): Promise<unknown[]> =>
      ((await (await fetch(`${server.origin}/history/octo/gone`)).json()) as { phrases: unknown[] }).phrases;
    await expect.poll(phrases, { interval: 5 }).toHaveLength(1);
    const url = `${server.origin}/repositories/octo/gone`;
    expect((await fetch(url, { method: 'DELETE', headers: operator })).status).toBe(204);
    const rendered = async (): Promise<number> =>
      ((await (await fetch(`${server.origin}/health`)).json()) as { rendered: number }).rendered;
    await expect.poll(rendered).toBe(1);
    await expect.poll(() => readdirSync(join(dataDir, 'clips'))).toEqual([]);
    expect(listener.all('audio_buffer')).toEqual([]);
  });

  test('is gone from the log, the tables, the clips and the memory, and begins again as a stranger', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'bnc-forget-'));
    const server = await TestServer.start({ dataDir, adminTokens: [operatorToken] });
    await server.deliver('push', pushOf('octo/other', 321));
    await server.deliver('push', pushOf('octo/first-name', 320));
    const forgotten = pushOf('octo/gone', 320);
    await server.deliver('push', forgotten);
    await using listener = await SSEReader.open(`${server.origin}/stream/octo/gone?delivery=url&format=flac`);
    const { buffer } = (await listener.next('audio_buffer', 0, 30_000)).data;
    const clip = 'renditions' in buffer ? `${server.origin}${buffer.renditions[0]?.url}` : '';
    expect((await fetch(clip, { method: 'HEAD' })).status).toBe(200);

    const forget = (name: string, headers: Record<string, string> = operator): Promise<Response> =>
      fetch(`${server.origin}/repositories/${name}`, { method: 'DELETE', headers });
    expect((await forget('octo/gone', {})).status).toBe(401);
    expect((await forget('octo/nobody')).status).toBe(404);
    expect((await forget('octo/gone')).status).toBe(204);

    expect((await fetch(clip, { method: 'HEAD' })).status).toBe(404);
    const history = await fetch(`${server.origin}/history/octo/gone`);
    expect(await history.json()).toEqual({ repoId: 'octo/gone', hasWebhook: false, phrases: [] });
    await listener.close();
    await server.close();
    for (const file of ['events.sqlite', 'rooms.sqlite']) {
      const db = new DatabaseSync(join(dataDir, file));
      const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
      const rows = tables.flatMap(({ name }) => db.prepare(`SELECT * FROM "${String(name)}"`).all());
      const text = JSON.stringify(rows);
      db.close();
      expect(text).toContain('octo/other');
      for (const word of ['octo/first-name', '"repoId\\":\\"octo/gone', `master: ${messageOf(forgotten)}`]) {
        expect(text, `${file}: ${word}`).not.toContain(word);
      }
    }
    await using again = await TestServer.start({ dataDir });
    await again.deliver('push', pushOf('octo/gone', 320));
    await using late = await SSEReader.open(`${again.origin}/stream/octo/gone?format=pcm-s16le`);
    expect((await late.next('audio_buffer', 0, 30_000)).data.speaksFor).toBe(1);
    rmSync(dataDir, { recursive: true });
  });
});
