import { describe, expect, test } from 'vitest';
import { payloadOf } from './payloads.ts';
import { pushOf } from './pushes.ts';
import { deliver, secret } from './server.ts';
import { production, runServer, settingsFor, useFolder } from './server-process.ts';
import { SSEReader } from './sse-reader.ts';

const folder = useFolder();

describe('the log', { timeout: 60_000 }, () => {
  test('holds no secret, no address and nothing of a payload, whatever is sent', async () => {
    const canary = 'canary-3f9c1b';
    const server = runServer(
      [],
      settingsFor(folder(), { ...production, ADMIN_TOKENS: `${canary}-operator-token-of-32-bytes` }),
    );
    const origin = await server.origin();
    const push = payloadOf('push', 'octo/log', (payload) => {
      payload.head_commit = { ...(payload.head_commit as object), message: canary };
      payload.pusher = { name: canary, email: `${canary}@example.com` };
    });
    await deliver(origin, 'push', push);
    await deliver(origin, 'push', push, { signature: `sha256=${'0'.repeat(64)}`, deliveryId: canary });
    await deliver(origin, 'push', `{"broken": ${canary}`);
    await deliver(origin, canary, push);
    await deliver(origin, 'push', { ...push, repository: { full_name: `../${canary}`, id: 1 } });
    await fetch(`${origin}/stream/octo/${canary}?clientId=${canary}&token=${canary}`);
    await fetch(`${origin}/${canary}`, { headers: { authorization: `Bearer ${canary}`, cookie: canary } });
    const health = await (await fetch(`${origin}/health`)).text();
    server.child.kill('SIGTERM');
    const { output } = await server.ended;
    expect(output).toContain('/webhooks/github');
    const logged = output.split('\n').filter((line) => line.includes(canary) && !line.includes(`"path":"/`));
    expect(logged).toEqual([]);
    expect(output).not.toContain(secret);
    expect(output).not.toContain('remoteAddress');
    expect(health).not.toContain(canary);
  });

  test('tells of no failure where a server stops while it renders a bed', async () => {
    const server = runServer([], settingsFor(folder(), production));
    const origin = await server.origin();
    await deliver(origin, 'push', pushOf('octo/bed', 7));
    // One whose loops are clips renders for seconds, another comes to a room that has a bed already.
    await using first = await SSEReader.open(`${origin}/stream/octo/bed?format=opus&bed=on`);
    await first.next('audio_buffer', 0, 30_000);
    await using second = await SSEReader.open(`${origin}/stream/octo/bed?format=opus&bed=on`);
    await second.next('audio_buffer', 0, 30_000);
    expect(first.all('bed')).toEqual([]);
    server.child.kill('SIGTERM');
    const { output } = await server.ended;
    expect(output.split('\n').filter((line) => line.includes('"level":50'))).toEqual([]);
  });
});
