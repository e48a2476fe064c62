import { describe, expect, test } from 'vitest';
import { payloadOf } from './payloads.ts';
import { deliver } from './server.ts';
import { production, runServer, settingsFor, useFolder } from './server-process.ts';

const folder = useFolder();

function pushOf(n: number): Record<string, unknown> {
  return payloadOf('push', 'octo/burst', (payload) => {
    const sha = n.toString(16).padStart(40, '0');
    payload.after = sha;
    payload.head_commit = { ...(payload.head_commit as object), id: sha };
  });
}

/** Delivers a push of every number; answers what each was told, or why it got no answer. */
async function deliverAll(origin: string, count: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      try {
        const { status, headers, body } = await deliver(origin, 'push', pushOf(n), { deliveryId: `burst-${n}` });
        if (status === 503) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
        return status === 202 ? String(body.status) : String(status);
      } catch {
        return 'no answer';
      }
    }),
  );
}

describe('a burst of deliveries', { timeout: 120_000 }, () => {
  test('of 1,000 at once is stored or refused with a time to come back, each as it was answered', async () => {
    const origin = await runServer([], settingsFor(folder(), production)).origin();
    const first = await deliverAll(origin, 1000);
    expect(new Set(first)).toSatisfy((answers: Set<string>) =>
      [...answers].every((a) => a === 'accepted' || a === '503'),
    );
    expect(first.filter((answer) => answer === 'accepted').length).toBeGreaterThan(0);
    const again = await deliverAll(origin, 1000);
    for (const [n, answer] of first.entries()) {
      expect(again[n], `delivery ${n} after ${answer}`).toMatch(answer === 'accepted' ? /duplicate/ : /accepted|503/);
    }
  });

  test('in whose midst the server is killed loses nothing that it accepted, and keeps nothing twice', async () => {
    const one = runServer([], settingsFor(folder(), production));
    const origin = await one.origin();
    const answers = deliverAll(origin, 300);
    await new Promise((resolve) => setTimeout(resolve, 150));
    one.child.kill('SIGKILL');
    await one.ended;
    const first = await answers;

    const again = await runServer([], settingsFor(folder(), production)).origin();
    const second = await deliverAll(again, 300);
    for (const [n, answer] of first.entries()) {
      if (answer === 'accepted') expect(second[n], `delivery ${n}`).toBe('duplicate');
    }
    expect(new Set(await deliverAll(again, 300))).toEqual(new Set(['duplicate']));
  });
});
