import { recordedPayloads } from '../src/demo/recorded-deliveries.ts';

type Json = Record<string, unknown>;

/** A recorded payload, in a repository of the test's own so that tests do not meet each other's. */
export function payloadOf(event: string, repoId = 'octo/cat', change: (payload: Json) => void = () => {}): Json {
  const examples = recordedPayloads(event);
  const example = event === 'push' ? examples.find(({ ref }) => ref === 'refs/heads/master') : examples[0];
  if (!example) throw new Error(`there is no example of ${event}`);
  const payload = structuredClone(example);
  const id = Number.parseInt(Buffer.from(repoId).toString('hex').slice(-10), 16);
  Object.assign(payload.repository as Json, { full_name: repoId, name: repoId.split('/')[1], id });
  change(payload);
  return payload;
}
