import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { follow, local, settle, startGreeter } from '../../test/stream-stage.ts';
import { serve, until } from '../../test/support.ts';
import type { SSEClientOptions } from '../client.ts';

describe('hooks that throw or reject', () => {
  const boom = (): never => {
    throw new Error('boom');
  };

  test.each<Partial<SSEClientOptions>>([
    { onMessage: boom },
    { onMessage: async () => boom() },
    { onState: boom },
    { onState: async () => boom() },
    { gapOf: boom },
    { gapOf: () => 1, onGap: boom },
    { gapOf: () => 1, onGap: async () => boom() },
    { share: 'throwing', keep: boom },
  ])('end nothing and are reported: %o', async (hooks) => {
    const { port } = await startGreeter('id: 1\ndata: a\n\n', 'data: end\n\n');
    const heard: string[] = [];
    const { client, errors } = follow(local(port), {
      events: [],
      onMessage: ({ data }) => heard.push(data),
      ...hooks,
    });
    await until(() => client.lastEventId === '1' && errors.length > 1);
    expect(errors).toContainEqual(new Error('boom'));
    if (!hooks.onMessage) await until(() => heard.includes('end'));
    client.close();
    expect(await client.closed).toBe('caller');
  });

  test('on a refusal leave the decision to the default', async () => {
    const { port } = await serve((_req, res) => res.writeHead(410).end());
    const { client, errors } = follow(local(port), { onRefused: boom, retryOn: boom });
    expect(await client.closed).toBe('refused');
    expect(errors).toEqual([new Error('boom'), new Error('boom')]);
  });

  test('of an earlier release: EventSource has no effect, which is reported, and the stream is read all the same', async () => {
    const { port } = await startGreeter('data: a\n\n');
    const { messages, errors } = follow(local(port), { EventSource: vi.fn() });
    await until(() => messages.length > 0);
    expect(errors.map(String)).toEqual([expect.stringContaining('has no effect')]);
  });

  test.each([{ onError: undefined }, { onError: boom }])(
    'are a warning of the process, once per kind: %o',
    async (hook) => {
      const warnings: Error[] = [];
      const note = (warning: Error): void => void warnings.push(warning);
      process.on('warning', note);
      onTestFinished(() => void process.off('warning', note));
      const { port } = await startGreeter('data: a\n\ndata: b\n\nevent: end\ndata: c\n\n');
      const { client } = follow(local(port), { onMessage: boom, onState: boom, ...hook });
      await until(() => client.state === 'open' && warnings.length > 0);
      await settle();
      const kinds = hook.onError ? ['onError'] : ['onState', 'onMessage'];
      expect(warnings.map(String)).toEqual(kinds.map((kind) => `SSEClientWarning: ${kind}: boom`));
      expect(warnings[0]?.cause).toEqual(new Error('boom'));
    },
  );
});
