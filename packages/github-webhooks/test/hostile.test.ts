import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { delivery, example } from './deliveries.ts';
import { hostileRequests } from './hostile-requests.ts';
import { rawRequest, sendRaw } from './raw-request.ts';
import { ServerProcess } from './server-process.ts';

let server: ServerProcess;
let port: number;
beforeAll(async () => {
  ({ server, port } = await ServerProcess.start());
});
afterAll(() => server.stop());

function honest(): Buffer {
  const { headers, body } = delivery('push', example('push'));
  const lines = Object.entries({ ...headers, 'content-length': String(body.length) }).map(([k, v]) => `${k}: ${v}`);
  return rawRequest(lines, body);
}

describe('a table of hostile requests', () => {
  it('is long, and each of its rows another', () => {
    expect(hostileRequests.length).toBeGreaterThanOrEqual(100);
    expect(new Set(hostileRequests.map(([name]) => name)).size).toBe(hostileRequests.length);
  });

  it.each(hostileRequests.map(([name, request, ...answers]) => ({ name, request, answers })))(
    '$name',
    async ({ request, answers }) => {
      const before = await server.report();
      const { status, text } = await sendRaw(port, request);
      expect(answers).toContain(status);
      expect(text).not.toMatch(/\n\s+at |node_modules|file:\/\//);
      const after = await server.report();
      expect(after.polluted).toBe(false);
      // Processor time, not time on the clock: what one request may keep the event loop from others.
      expect(after.cpuMs - before.cpuMs).toBeLessThan(2000);
    },
  );

  it('leaves the server serving, with nothing kept of it', async () => {
    const alive = async (): Promise<number> => (await server.report('collect')).alive;
    const first = await alive();
    for (const [, request] of hostileRequests) await sendRaw(port, request);
    expect(await sendRaw(port, honest())).toMatchObject({ status: 202 });
    expect((await server.report()).unverifiedBytes).toBe(0);
    // Freed buffers are given back a little later.
    await expect.poll(alive, { timeout: 20_000, interval: 200 }).toBeLessThan(first + 16_000_000);
    expect(server.alive).toBe(true);
  }, 60_000);
});
